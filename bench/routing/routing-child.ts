import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { multiaddr } from '@multiformats/multiaddr'
import { createTestHost } from '../../src/main/directory/test-network.ts'
import type { PathKind } from '../../src/shared/schema/primitives.ts'
import { MiB } from '../../src/shared/units.ts'
import { fixedWorkers, viewOf } from './fixed-workers.ts'
import { forward, oneByOne } from './light-request.ts'
import { LightServices } from './light-services.ts'
import { startRoutingNode } from './routing-node.ts'
import { type NodePlace, type RoutingChildInit, type RoutingOrder, type RoutingWord, slots } from './routing-words.ts'

/** A process with one node for the `routing` benchmark: a worker, or one that forwards to it. It ends with its channel. */
const init = JSON.parse(process.argv[2] ?? '{}') as RoutingChildInit
const rssEveryMs = 10

const { listen, relays, behind } = init
const host = await createTestHost({
  network: 'bench',
  ...(listen === undefined ? {} : { listen: [listen.ip], port: listen.port }),
  ...(relays === undefined ? {} : { coordinator: relays }),
})
await host.start()
const services = new LightServices({ slots, bound: slots, workMs: 0, answer: init.answer })
services.setOffered(init.forwardTo === undefined)
services.onBegun = () => services.holding && say({ kind: 'begun' })
const workers = fixedWorkers(init.forwardTo === undefined ? [] : [viewOf(init.forwardTo)])
const node = await startRoutingNode({ host, services, workers })

/** What plain HTTP does with the same work, on a server of its own. */
const plain = createServer((incoming, outgoing) => incoming.pipe(outgoing))
await new Promise<void>(resolve => plain.listen(0, '127.0.0.1', resolve))

let highestRss = 0
let watchesRss = false
/** Not before it is wanted: looking so often takes a twentieth of the processor's time of serving requests. */
function markRss(): void {
  globalThis.gc?.()
  highestRss = process.memoryUsage.rss()
  if (watchesRss) return
  watchesRss = true
  setInterval(() => {
    highestRss = Math.max(highestRss, process.memoryUsage.rss())
  }, rssEveryMs).unref()
}

/** Only the addresses by which it is reached through `relay`. */
async function hideBehind(relay: NodePlace): Promise<string[]> {
  await host.libp2p.dial(relay.addresses.map(address => multiaddr(`${address}/p2p/${relay.peerId}`)))
  await host.setMode('client')
  while (relayed().length === 0) await once(host.libp2p, 'self:peer:update')
  return relayed()
}

function relayed(): string[] {
  return host.addresses().filter(address => address.includes('/p2p-circuit'))
}

async function ask(worker: NodePlace, count: number): Promise<void> {
  services.setOffered(false)
  workers.set([viewOf(worker)])
  const paths = new Set<PathKind>()
  const signal = new AbortController().signal
  const times = await oneByOne(async () => paths.add((await forward(node)).path), count, signal)
  say({ kind: 'asked', times, paths: [...paths] })
}

function say(word: RoutingWord): void {
  process.send?.(word)
}

process.on('message', (order: RoutingOrder) => {
  switch (order.kind) {
    case 'hold':
      services.holding = order.hold
      return
    case 'mark-rss':
      markRss()
      say({ kind: 'rss', mib: highestRss / MiB })
      return
    case 'highest-rss':
      say({ kind: 'rss', mib: highestRss / MiB })
      return
    case 'ask':
      void ask(order.worker, order.requests)
  }
})
process.on('disconnect', () => process.exit())
say({
  kind: 'ready',
  peerId: host.peerId.toString(),
  addresses: behind === undefined ? host.addresses() : await hideBehind(behind),
  url: node.url,
  doorUrl: node.doorUrl,
  plainUrl: `http://127.0.0.1:${(plain.address() as AddressInfo).port}`,
})
