import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { getRequestListener } from '@hono/node-server'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { ticketSchema } from '../../shared/schema/coordinator-api.ts'
import { minute } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { ApiAccess } from './api-access.ts'
import { ApiKeys } from './api-keys.ts'
import { type CoordinatorFacts, createCoordinatorApp } from './coordinator-app.ts'
import { Drain } from './drain.ts'
import { withRegistered } from './known-workers.ts'
import { ServiceRoute } from './service-route.ts'
import { noWorkers } from './test-workers.ts'
import { Tickets } from './tickets.ts'
import { WorkerRegistry } from './worker-registry.ts'

const clock = systemClock
const networkId = '0123456789abcdef'
let server: Server
let registry: WorkerRegistry
let trusted: string[]

beforeEach(async () => {
  trusted = []
  registry = new WorkerRegistry({ clock, mayServe: () => true }, { ttlMs: 5 * minute })
  const app = createCoordinatorApp(await partsOf(registry), { networkId, version: '0', corsOrigins: [] })
  server = createServer(getRequestListener(app.fetch, { overrideGlobalObjects: false, autoCleanupIncoming: false }))
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
})

/** The API with workers and tickets; nothing else of it is asked. */
async function partsOf(workers: WorkerRegistry) {
  const keys = await ApiKeys.load('/nonexistent')
  const access = new ApiAccess({ keys, clock }, { open: true, operatorToken: 'operator', behindTunnel: false })
  const key = await generateKeyPair('Ed25519')
  const signer = { peerId: key.publicKey.toString(), sign: (content: Uint8Array) => key.sign(content) }
  const router = { route: () => Promise.reject(new RmaError('NO_WORKER', 'nobody is here')) }
  const drain = new Drain({ clock }, { limitMs: minute })
  const isTrusted = (peerId: string) => trusted.includes(peerId)
  return {
    facts: {} as CoordinatorFacts,
    access,
    keys,
    workers,
    service: new ServiceRoute({ router, access, drain, clock }, { selfId: signer.peerId }),
    tickets: new Tickets({ workers: withRegistered(noWorkers, workers), isTrusted, signer, clock }, { networkId }),
    authority: undefined,
    inviteSeeds: () => [],
    accepted: () => {
      throw new Error('expected nobody to register')
    },
    clock,
    log: pino({ level: 'silent' }),
  }
}

function register(name: string, load: number): void {
  const capabilities = { has_gpu: false, gpu_type: null, worker_type: 'headless' as const }
  const tunnel_url = `https://${name}.example.org`
  registry.register({ worker_id: name, vpn_ip: null, tunnel_url, services: ['ocr'], capabilities, load }, 1)
}

function askForTicket(headers: Record<string, string>): Promise<Response> {
  const { port } = server.address() as AddressInfo
  return fetch(`http://127.0.0.1:${port}/api/service/ocr/ticket`, { method: 'POST', headers })
}

it('gives out tickets for trusted members alone where the request asks for that', async () => {
  for (const name of ['free', 'idle', 'lazy']) register(name, 0)
  register('trusted', 0.9)
  const refused = await askForTicket({ 'x-rma-trusted': '1' })
  expect([refused.status, await refused.json()]).toMatchObject([503, { error: { code: 'NO_WORKER' } }])
  trusted = ['trusted']
  const answer = await askForTicket({ 'x-rma-trusted': '1' })
  expect(ticketSchema.parse(await answer.json()).tunnel_url).toBe('https://trusted.example.org')
  const other = ticketSchema.parse(await (await askForTicket({})).json())
  expect(other.tunnel_url).not.toBe('https://trusted.example.org')
})
