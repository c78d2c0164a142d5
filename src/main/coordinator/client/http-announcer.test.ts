import { createServer, type IncomingMessage, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../../shared/errors.ts'
import type { WorkerAccepted } from '../../../shared/schema/coordinator-api.ts'
import { hour, minute, second } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import { ocrDraft } from '../../directory/test-network.ts'
import { LiveValue } from '../../live-value.ts'
import type { LinkedCoordinator } from './coordinator-link.ts'
import { HttpAnnouncer } from './http-announcer.ts'

const heartbeatIntervalMs = 30 * second
const log = pino({ level: 'silent' })
let clock: TurnedClock
let announcer: HttpAnnouncer
let server: Server
/** What was asked of the coordinator, in order. */
let asked: string[]
/** Whether it reaches the worker. */
let reachable: boolean
/** The date of each message. */
let dates: number[]
/** By the right time, which messages may differ from by two minutes. */
let refusesDates: boolean
/** Paths that it does not know, or workers that it does not. */
let unknown: string[]
let workerId: string
/** What the coordinator says of how often it wants to hear of a worker, in seconds. */
let wanted: Pick<WorkerAccepted, 'heartbeat_interval_seconds' | 'ttl_seconds'>

beforeEach(async () => {
  clock = new TurnedClock()
  asked = []
  unknown = []
  reachable = true
  dates = []
  refusesDates = false
  wanted = { heartbeat_interval_seconds: 30, ttl_seconds: 300 }
  server = createServer(async (incoming, outgoing) => {
    const { url = '' } = incoming
    asked.push(url.replace('/api/worker/', ''))
    const [, claims = ''] = String(incoming.headers['x-rma-proof'] ?? '').split('.')
    const { at = 0 } = claims === '' ? {} : JSON.parse(Buffer.from(claims, 'base64url').toString())
    dates.push(at)
    const isKnown = !unknown.some(path => url.endsWith(path))
    const isDatedWell = !refusesDates || Math.abs(at - clock.steady()) <= 2 * minute
    const answer = isKnown && isDatedWell ? await accept(incoming) : notFound()
    outgoing.writeHead('error' in answer ? 404 : 200).end(JSON.stringify(answer))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const key = await generateKeyPair('Ed25519')
  workerId = key.publicKey.toString()
  const { port } = server.address() as AddressInfo
  const linked: LinkedCoordinator = { url: `http://127.0.0.1:${port}`, peerId: workerId, addresses: [] }
  announcer = new HttpAnnouncer(
    {
      coordinator: new LiveValue<LinkedCoordinator | undefined>(linked),
      signer: { peerId: workerId, sign: content => key.sign(content) },
      clock,
      log,
    },
    { networkId: '0123456789abcdef', heartbeatIntervalMs },
  )
  announcer.start()
})
afterEach(async () => {
  announcer.stop()
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

const notFound = () => new RmaError('NOT_FOUND', 'expected a path that is known').toBody()

async function accept(incoming: IncomingMessage): Promise<WorkerAccepted> {
  incoming.resume()
  const capabilities = { has_gpu: false, gpu_type: null, worker_type: 'headless' } as const
  const names = { worker_id: workerId, vpn_ip: null, tunnel_url: null, services: ['ocr'] }
  const worker = { ...names, capabilities, load: 0, last_seen: clock.now() }
  return { worker, reachable, ...wanted }
}

describe('a worker that registers over HTTP', () => {
  it('registers anew at once with a coordinator that knows it no more', async () => {
    announcer.update(ocrDraft())
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
    unknown = ['heartbeat']
    clock.turn(heartbeatIntervalMs)
    await vi.waitFor(() => expect(asked).toEqual(['register', 'heartbeat', 'register']))
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
  })

  it('is heard of as often as its coordinator wants, which forgets it sooner than it would say something', async () => {
    wanted = { heartbeat_interval_seconds: 5, ttl_seconds: 20 }
    announcer.update(ocrDraft())
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
    clock.turn(5 * second)
    await vi.waitFor(() => expect(asked).toEqual(['register', 'heartbeat']))
  })

  it('asks with growing pauses where nothing takes registrations', async () => {
    unknown = ['register', 'heartbeat']
    announcer.update(ocrDraft())
    for (let turned = 0; turned < 10 * second; turned += 0.1 * second) {
      clock.turn(0.1 * second)
      // What is under way is over by the time that this is.
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/settled`).then(answer => answer.text())
    }
    const registrations = asked.filter(path => path === 'register').length
    expect(registrations).toBeGreaterThan(2)
    expect(registrations).toBeLessThan(6)
  })

  it('registers once its clock, which was an hour ahead, is set right', async () => {
    refusesDates = true
    clock.set(hour)
    announcer.update(ocrDraft())
    await vi.waitFor(() => expect(asked).toHaveLength(1))
    clock.set(-hour)
    await vi.waitFor(() => {
      clock.turn(second)
      expect(announcer.heldBy).toBe(1)
    })
  })

  it('dates each message later than the one before that was accepted', async () => {
    announcer.update(ocrDraft())
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
    clock.set(-minute)
    announcer.update(ocrDraft({ state: 'paused' }))
    await vi.waitFor(() => expect(dates).toHaveLength(2))
    expect(dates[1]).toBeGreaterThan(dates[0] ?? 0)
  })

  it('asks less and less often where the coordinator does not reach it', async () => {
    reachable = false
    announcer.update(ocrDraft())
    for (let turned = 0; turned < 5 * minute; turned += second) {
      clock.turn(second)
      await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/settled`).then(answer => answer.text())
    }
    const registrations = asked.filter(path => path === 'register').length
    expect(registrations).toBeGreaterThan(8)
    expect(registrations).toBeLessThan(40)
    reachable = true
    await vi.waitFor(() => {
      clock.turn(second)
      expect(announcer.heldBy).toBe(1)
    })
  })
})
