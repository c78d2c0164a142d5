import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { Lifecycle } from '../lifecycle.ts'
import { Channels } from './channels.ts'
import { knownPrefixLength } from './frames.ts'
import { coordinatorsKey, serviceKey } from './keys.ts'
import { recordHash, sealRecord } from './record.ts'
import { DirectoryServer } from './server.ts'
import { createTestHost, createTestNode, loneRegistrars, ocrDraft, type TestNode } from './test-network.ts'

const log = pino({ level: 'silent' })

let lifecycle: Lifecycle
let servers: Host[]
let registrar: TestNode
let worker: Host
let channels: Channels
/** Which roles every peer has shown a certificate for. */
let hasRole: (role: string) => boolean
let announce: (services: string[], seq: number, keys?: string[]) => Promise<unknown>

/** A server that others see as a registrar. */
async function startServer(): Promise<Host> {
  const host = await createTestHost()
  const server = new DirectoryServer({ host, answer: ({ id }) => ({ kind: 'ok', id }), clock: systemClock, log })
  await host.start()
  await server.start()
  servers.push(host)
  return host
}

beforeEach(async () => {
  lifecycle = new Lifecycle()
  servers = []
  hasRole = () => true
  registrar = lifecycle.add(
    'registrar',
    await createTestNode({ workersPerKey: 4, membership: { hasRole: (_peerId, role) => hasRole(role) } }),
  )
  const privateKey = await generateKeyPair('Ed25519')
  worker = lifecycle.add('worker', await createTestHost({ privateKey, mode: 'client' }))
  channels = lifecycle.add(
    'channels',
    new Channels({ host: worker, contacts: new Contacts({ host: worker }), clock: systemClock }),
  )
  await lifecycle.start()
  await worker.libp2p.dial(registrar.host.libp2p.getMultiaddrs())
  announce = async (services, seq, keys = services.map(service => serviceKey(service))) => {
    const issuedAt = Date.now()
    const record = await sealRecord(privateKey, worker.networkId, {
      ...ocrDraft({ services }),
      addresses: [],
      seq,
      issuedAt,
      expiresAt: issuedAt + 5 * minute,
    })
    const question = { kind: 'announce', record, keys } as const
    return channels.ask(registrar.host.peerId.toString(), question, { timeoutMs: 15 * second })
  }
})

afterEach(async () => {
  await Promise.all(servers.map(server => server.stop()))
  await lifecycle.stop()
})

describe('a registrar', () => {
  it('takes records under all keys while it knows few other servers', async () => {
    expect(await announce(['ocr', 'chat', 'enhance'], 1)).toMatchObject({ kind: 'ok' })
    expect(registrar.directory.registry.size).toMatchObject({ workers: 1, keys: 3 })
  })

  it('declines keys that 16 servers it knows are closer to', async () => {
    const others = await Promise.all(Array.from({ length: 30 }, startServer))
    for (const other of others) await registrar.host.libp2p.dial(other.libp2p.getMultiaddrs())
    await vi.waitFor(() => expect(registrar.directory.registrars.others).toBe(30))
    const services = Array.from({ length: 60 }, (_, index) => `service-${index}`)
    const keeps = (service: string) => registrar.directory.registrars.keeps(serviceKey(service))
    const near = services.filter(keeps).slice(0, 2)
    const far = services.filter(service => !keeps(service)).slice(0, 2)
    const declined = far.map(service => ({ key: serviceKey(service), code: 'NOT_REGISTRAR' }))
    expect(await announce([...near, ...far], 1)).toMatchObject({ kind: 'ok', declined })
    for (const service of far) expect(registrar.directory.registry.find(serviceKey(service), any).total).toBe(0)
    for (const service of near) expect(registrar.directory.registry.find(serviceKey(service), any).total).toBe(1)
  })

  it('says that a key is full to those under it and to those who ask, where others can hardly connect any more', async () => {
    const key = serviceKey('ocr')
    vi.spyOn(registrar.host, 'isCrowded', 'get').mockReturnValue(true)
    expect(await announce(['ocr'], 1)).toMatchObject({ kind: 'ok', full: [key] })
    const question = { kind: 'find', key, limit: 5 } as const
    const found = channels.ask(registrar.host.peerId.toString(), question, { timeoutMs: 5 * second })
    expect(await found).toMatchObject({ total: 1, full: true })
  })

  it('declines the keys of coordinators to whoever has no certificate, in a network with a CA', async () => {
    const key = coordinatorsKey()
    hasRole = role => role !== 'coordinator'
    expect(await announce(['ocr'], 1, [key])).toMatchObject({ kind: 'ok', declined: [{ key, code: 'FORBIDDEN' }] })
    expect(registrar.directory.registry.find(key, any).total).toBe(0)
  })

  it('names those that fit, and sends only what the asker does not know', async () => {
    await announce(['ocr'], 1)
    const ask = (more: object) =>
      channels.ask(
        registrar.host.peerId.toString(),
        { kind: 'find', key: serviceKey('ocr'), limit: 5, ...more },
        { timeoutMs: 5 * second },
      )
    const first = await ask({ filter: { gpu: false } })
    expect(first).toMatchObject({ kind: 'found', total: 1, records: { length: 1 }, kept: [] })
    expect(await ask({ filter: { gpu: true } })).toMatchObject({ total: 0, records: [] })
    const [record] = first.kind === 'found' ? first.records : []
    if (record === undefined) throw new Error('expected a record')
    const known = [[recordHash(record).slice(0, knownPrefixLength), 1]]
    expect(await ask({ known })).toMatchObject({ total: 1, records: [], kept: [0] })
  })

  it('hands back the later record that it holds', async () => {
    await announce(['ocr'], 9)
    expect(await announce(['ocr'], 8)).toMatchObject({ kind: 'stale' })
  })

  it('may stop before it has started', async () => {
    const contacts = new Contacts({ host: worker })
    contacts.stop()
    const registrars = loneRegistrars(worker, contacts)
    expect(registrars.others).toBe(0)
    expect(registrars.of(serviceKey('ocr'))).toEqual([])
  })

  it('tells who listens of each record it takes in, until they listen no more', async () => {
    let heard = 0
    const stop = registrar.directory.onAnnounced(() => heard++)
    await announce(['ocr'], 1)
    await announce(['ocr'], 2)
    expect(heard).toBe(2)
    stop()
    await announce(['ocr'], 3)
    expect(heard).toBe(2)
  })
})

const any = { limit: 10, now: Date.now(), random: Math.random }
