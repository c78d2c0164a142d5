import { generateKeyPair } from '@libp2p/crypto/keys'
import { beforeAll, describe, expect, it } from 'vitest'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import type { WorkerRegistration } from '../../shared/schema/coordinator-api.ts'
import type { Particulars } from '../../shared/schema/worker.ts'
import { minute } from '../../shared/units.ts'
import { type Clock, TurnedClock } from '../clock.ts'
import { withRegistered } from './known-workers.ts'
import { noWorkers } from './test-workers.ts'
import { Tickets } from './tickets.ts'
import { openProof, sealProof } from './worker-proof.ts'
import { WorkerRegistry } from './worker-registry.ts'

let signer: TokenSigner

beforeAll(async () => {
  const key = await generateKeyPair('Ed25519')
  signer = { peerId: key.publicKey.toString(), sign: content => key.sign(content) }
})

function registration(changes: Partial<WorkerRegistration> = {}): WorkerRegistration {
  return {
    worker_id: signer.peerId,
    vpn_ip: null,
    tunnel_url: null,
    services: ['ocr'],
    capabilities: { has_gpu: true, gpu_type: 'NVIDIA RTX 4090', worker_type: 'headless' },
    load: 0.25,
    ...changes,
  }
}

function registryOn(clock: Clock, mayServe: (peerId: string) => boolean = () => true): WorkerRegistry {
  return new WorkerRegistry({ clock, mayServe }, { ttlMs: 5 * minute })
}

describe('workers that register over HTTP', () => {
  it('are known while their heartbeats come, with what they said last', () => {
    const clock = new TurnedClock()
    const registry = registryOn(clock)
    registry.register(registration(), 1)
    expect(registry.offering('ocr')).toMatchObject([{ peerId: signer.peerId, load: 0.25, state: 'donating' }])
    expect(registry.offering('chat')).toEqual([])
    clock.turn(4 * minute)
    registry.heartbeat({ worker_id: signer.peerId, load: 0.75 }, 2)
    clock.turn(4 * minute)
    expect(registry.offering('ocr')).toMatchObject([{ load: 0.75 }])
    clock.turn(minute)
    expect(registry.size).toBe(0)
  })

  it('are sent what they have the model for, alone or by a ticket', async () => {
    const clock = new TurnedClock()
    const registry = registryOn(clock)
    const choices = [{ service: 'ocr', models: ['llava:7b'], languages: ['deu', 'eng'] }]
    registry.register(registration({ choices, tunnel_url: 'https://w1.example.org' }), 1)
    expect(registry.offering('ocr')[0]?.record.choices).toEqual(choices)
    const workers = withRegistered(noWorkers, registry)
    const found = async (particulars: Particulars) =>
      (await workers.lookup('ocr', { signal: AbortSignal.timeout(minute), particulars })).workers.length
    expect(await found({ model: 'llava:7b', languages: ['deu'] })).toBe(1)
    expect(await found({ model: 'tiny-1b' })).toBe(0)
    expect(await found({ languages: ['cym'] })).toBe(0)
    const tickets = new Tickets({ workers, isTrusted: () => false, signer, clock }, { networkId: '0123456789abcdef' })
    const ticket = (model: string) => tickets.issue('ocr', { particulars: { model } })
    expect(await ticket('llava:7b')).toMatchObject({ tunnel_url: 'https://w1.example.org' })
    await expect(ticket('tiny-1b')).rejects.toMatchObject({ code: 'NO_WORKER' })
  })

  it('are out at once when they leave', () => {
    const registry = registryOn(new TurnedClock())
    registry.register(registration(), 1)
    registry.heartbeat({ worker_id: signer.peerId, load: 0, state: 'left' }, 2)
    expect(registry.offering('ocr')).toEqual([])
  })

  it('cannot be brought back, or taken out, by sending what they once said again', () => {
    const registry = registryOn(new TurnedClock())
    registry.register(registration(), 10)
    registry.heartbeat({ worker_id: signer.peerId, load: 0, state: 'left' }, 11)
    const refused = expect.objectContaining({ code: 'PROOF_REFUSED' })
    expect(() => registry.register(registration(), 10)).toThrow(refused)
    expect(() => registry.heartbeat({ worker_id: signer.peerId, load: 0, state: 'donating' }, 11)).toThrow(refused)
    registry.register(registration(), 12)
    expect(registry.offering('ocr')).toHaveLength(1)
  })

  it('are not kept where they may not serve, and not named any more once they may not', () => {
    let may = false
    const registry = registryOn(new TurnedClock(), () => may)
    expect(registry.register(registration(), 1)).toMatchObject({ peerId: signer.peerId, load: 0.25 })
    may = true
    expect(registry.size).toBe(0)
    registry.register(registration(), 2)
    expect(registry.offering('ocr')).toHaveLength(1)
    may = false
    expect([registry.offering('ocr'), registry.size]).toEqual([[], 0])
  })

  it('have room as long as others hold it that may not serve any more, and are refused where all of these may', () => {
    let gone = false
    const registry = registryOn(new TurnedClock(), peerId => !gone || peerId === signer.peerId)
    const others = Array.from({ length: 4_096 }, (_, index) => `worker-${index}`)
    for (const worker_id of others) registry.register(registration({ worker_id }), 1)
    expect(() => registry.register(registration(), 1)).toThrow(expect.objectContaining({ code: 'QUOTA_EXCEEDED' }))
    gone = true
    registry.register(registration(), 1)
    gone = false
    expect(registry.workers().map(({ peerId }) => peerId)).toEqual([signer.peerId])
  })

  it('have to register before a heartbeat means anything', () => {
    const registry = registryOn(new TurnedClock())
    expect(() => registry.heartbeat({ worker_id: signer.peerId, load: 0 }, 1)).toThrow(
      expect.objectContaining({ code: 'NOT_FOUND' }),
    )
  })

  it('have the load that their answers say, once they gave one', () => {
    const registry = registryOn(new TurnedClock())
    registry.register(registration(), 1)
    registry.heard(signer.peerId, 0.9, 3)
    expect(registry.offering('ocr')).toMatchObject([{ load: 0.9, queue: { waiting: 3 } }])
  })
})

describe('the proof that a worker sent a request', () => {
  const now = 1_700_000_000_000
  const sent = { networkId: 'feedfeedfeedfeed', path: '/api/worker/register', body: Buffer.from('{"a":1}') }

  it('names the worker and the time', async () => {
    const proof = await sealProof({ ...sent, at: now }, signer)
    expect(await openProof(proof, sent, now + minute)).toEqual({ peerId: signer.peerId, at: now })
  })

  it.each([
    ['is missing', sent, now, undefined],
    ['was made for another path', { ...sent, path: '/api/worker/heartbeat' }, now, ''],
    ['was made for another body', { ...sent, body: Buffer.from('{"a":2}') }, now, ''],
    ['was made for another network', { ...sent, networkId: 'beefbeefbeefbeef' }, now, ''],
    ['is old', sent, now + 3 * minute, ''],
    ['is dated in the future', sent, now - 3 * minute, ''],
  ])('is refused where it %s', async (_case, request, at, given) => {
    const proof = given === undefined ? undefined : await sealProof({ ...sent, at: now }, signer)
    await expect(openProof(proof, request, at)).rejects.toMatchObject({ code: 'PROOF_REFUSED' })
  })

  it('is refused with any of its bytes changed', async () => {
    const proof = await sealProof({ ...sent, at: now }, signer)
    for (let at = 0; at < proof.length; at += 5) {
      const altered = `${proof.slice(0, at)}${proof[at] === 'A' ? 'B' : 'A'}${proof.slice(at + 1)}`
      await expect(openProof(altered, sent, now)).rejects.toMatchObject({ code: 'PROOF_REFUSED' })
    }
  })
})
