import { createServer, type Server } from 'node:http'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openRegistration } from '../../shared/membership/registration.ts'
import { sealSeed } from '../../shared/membership/seed-envelope.ts'
import type { Seed } from '../../shared/schema/seeds.ts'
import { hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import { createLog, LogBuffer } from '../log.ts'
import { EdgeRegistrar } from './edge-registrar.ts'

const networkId = 'feedfeedfeedfeed'
const log = createLog({ level: 'error', buffer: new LogBuffer() })

let edge: Server
let url: string
let bodies: { registration: string; revocations?: string }[]
let status: number
let clock: TurnedClock
let seed: LiveValue<Seed | undefined>
let revocations: LiveValue<string | undefined>
let counted: number
let registrar: EdgeRegistrar
let newSeed: () => Promise<Seed>

beforeEach(async () => {
  bodies = []
  status = 200
  counted = 0
  clock = new TurnedClock()
  edge = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    bodies.push(JSON.parse(Buffer.concat(chunks).toString()))
    const error = { error: { code: 'INTERNAL', message: 'the storage is full', details: {} } }
    const accepted = { node_id: peerId, expires_at: clock.now() + 24 * hour, register_again_seconds: 43_200 }
    response.writeHead(status).end(JSON.stringify(status === 200 ? accepted : error))
  })
  await new Promise<void>(resolve => edge.listen(0, '127.0.0.1', resolve))
  const address = edge.address()
  if (address === null || typeof address === 'string') throw new Error('expected a port')
  url = `http://127.0.0.1:${address.port}`
  const key = await generateKeyPair('Ed25519')
  const peerId = key.publicKey.toString()
  const signer = { peerId, sign: (content: Uint8Array) => key.sign(content) }
  newSeed = () => {
    const multiaddrs = [`/ip4/11.0.0.1/tcp/8468/p2p/${peerId}`]
    const claims = { tunnel_url: null, dht_port: 8_468, location: null, multiaddrs }
    return sealSeed({ claims, networkId, now: clock.now() }, signer)
  }
  seed = new LiveValue<Seed | undefined>(undefined)
  revocations = new LiveValue<string | undefined>('revocations')
  const allowance = {
    count: async () => {
      counted++
    },
  }
  registrar = new EdgeRegistrar({ seed, signer, revocations, allowance, clock, log }, { url, networkId })
})

afterEach(async () => {
  await registrar.stop()
  edge.closeAllConnections()
  await new Promise(resolve => edge.close(resolve))
})

const registered = (count: number) => vi.waitFor(() => expect(bodies).toHaveLength(count))

describe('a coordinator’s registration at the edge router', () => {
  it('is made once there is a seed, again with each new one, and each is counted', async () => {
    registrar.start()
    seed.set(await newSeed())
    await registered(1)
    const opened = await openRegistration(bodies[0]?.registration ?? '', { networkId, now: clock.now(), origin: url })
    expect(opened.seed.envelope).toBe(seed.get()?.envelope)
    expect(bodies[0]?.revocations).toBe('revocations')
    clock.turn(12 * hour)
    seed.set(await newSeed())
    await registered(2)
    expect(counted).toBe(2)
  })

  it('is made again at once when something was revoked, once for each list', async () => {
    registrar.start()
    seed.set(await newSeed())
    await registered(1)
    revocations.set('newer')
    await registered(2)
    revocations.set('newer')
    clock.turn(12 * hour)
    seed.set(await newSeed())
    await registered(3)
    expect(bodies.map(body => body.revocations)).toEqual(['revocations', 'newer', 'newer'])
    expect(counted).toBe(3)
  })

  it('is tried again later and later while it is refused', async () => {
    status = 503
    registrar.start()
    seed.set(await newSeed())
    await registered(1)
    await vi.waitFor(() => {
      clock.turn(2 * minute)
      expect(bodies).toHaveLength(2)
    })
    status = 200
    await vi.waitFor(() => {
      clock.turn(7 * minute)
      expect(bodies).toHaveLength(3)
    })
    clock.turn(2 * hour)
    expect(bodies).toHaveLength(3)
  })
})
