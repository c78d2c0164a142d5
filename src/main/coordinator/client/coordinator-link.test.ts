import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import type { VerifiedSeed } from '../../../shared/membership/seed-envelope.ts'
import { systemClock, TurnedClock } from '../../clock.ts'
import { createHost, type Host } from '../../dht/host.ts'
import { apiUrlOf } from '../../dht/seed-fetcher.ts'
import { CoordinatorLink } from './coordinator-link.ts'

const log = pino({ level: 'silent' })
const hosts: Host[] = []
let link: CoordinatorLink | undefined

afterEach(async () => {
  link?.stop()
  await Promise.all(hosts.splice(0).map(host => host.stop()))
})

async function startHost(): Promise<Host> {
  const port = { port: 0, explicit: true }
  const init = { networkId: 'feedfeedfeedfeed', port, listen: ['127.0.0.1'], mdns: false, relaxedLimits: true }
  const host = await createHost({ privateKey: await generateKeyPair('Ed25519'), log }, init)
  await host.start()
  hosts.push(host)
  return host
}

it('finds the API of a coordinator that is named by where it hands out seeds', async () => {
  const [coordinator, worker] = [await startHost(), await startHost()]
  const seed = { node_id: coordinator.peerId.toString(), multiaddrs: coordinator.addresses() }
  const fetcher = { fetch: async () => [{ seed } as VerifiedSeed] }
  const cache = { keep: async () => undefined }
  const urls = ['https://coordinator.example.org/api/dht/bootstrap']
  link = new CoordinatorLink({ host: worker, fetcher, cache, clock: systemClock, log }, { urls })
  link.start()
  await vi.waitFor(() => expect(link?.coordinator.get()?.url).toBe('https://coordinator.example.org'))
})

it('comes back with growing pauses to a coordinator that hangs up on it each time', async () => {
  const [coordinator, worker] = [await startHost(), await startHost()]
  coordinator.libp2p.addEventListener('connection:open', ({ detail }) => void detail.close())
  const seed = { node_id: coordinator.peerId.toString(), multiaddrs: coordinator.addresses() }
  const fetch = vi.fn(async () => [{ seed } as VerifiedSeed])
  const cache = { keep: async () => undefined }
  const clock = new TurnedClock()
  link = new CoordinatorLink({ host: worker, fetcher: { fetch }, cache, clock, log }, { urls: ['https://a.example'] })
  link.start()
  await vi.waitFor(() => expect(link?.state.get().nextTryAt).toBeGreaterThan(clock.now()))
  expect(fetch).toHaveBeenCalledTimes(1)
})

it.each([
  ['https://a.example', 'https://a.example'],
  ['https://a.example/', 'https://a.example'],
  ['https://a.example/api/dht/bootstrap', 'https://a.example'],
  ['https://a.example/behind/a/proxy', 'https://a.example/behind/a/proxy'],
])('asks %s at %s', (named, url) => {
  expect(apiUrlOf(named)).toBe(url)
})
