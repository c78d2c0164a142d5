import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { createTestHost } from '../../src/main/directory/test-network.ts'
import { MiB } from '../../src/shared/units.ts'
import { fixedWorkers, viewOf } from './fixed-workers.ts'
import { LightServices } from './light-services.ts'
import { startRoutingNode } from './routing-node.ts'
import { type RoutingChildInit, type RoutingOrder, type RoutingWord, slots } from './routing-words.ts'

/** A process with one node for the `routing` benchmark: a worker, or one that forwards to it. It ends with its channel. */
const init = JSON.parse(process.argv[2] ?? '{}') as RoutingChildInit
const rssEveryMs = 10

const host = await createTestHost({ network: 'bench' })
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
setInterval(() => {
  highestRss = Math.max(highestRss, process.memoryUsage.rss())
}, rssEveryMs).unref()

function say(word: RoutingWord): void {
  process.send?.(word)
}

process.on('message', (order: RoutingOrder) => {
  switch (order.kind) {
    case 'hold':
      services.holding = order.hold
      return
    case 'mark-rss':
      globalThis.gc?.()
      highestRss = process.memoryUsage.rss()
      say({ kind: 'rss', mib: highestRss / MiB })
      return
    case 'highest-rss':
      say({ kind: 'rss', mib: highestRss / MiB })
  }
})
process.on('disconnect', () => process.exit())
say({
  kind: 'ready',
  peerId: host.peerId.toString(),
  addresses: host.addresses(),
  url: node.url,
  plainUrl: `http://127.0.0.1:${(plain.address() as AddressInfo).port}`,
})
