import { readdirSync } from 'node:fs'
import { pino } from 'pino'
import { startRoutingNode } from '../../../bench/routing/routing-node.ts'
import { systemClock } from '../../../src/main/clock.ts'
import { HeapSize } from '../../../src/main/heap-size.ts'
import { engineEntries } from '../../../src/main/services/engine-launcher.ts'
import { createForkLauncher } from '../../../src/main/services/fork-launcher.ts'
import { ServiceHost } from '../../../src/main/services/service-host.ts'
import { upstream as upstreamService } from '../../../src/main/services/upstream/upstream.ts'
import { upstreamSettingsSchema } from '../../../src/shared/schema/service-settings.ts'
import { MiB, second } from '../../../src/shared/units.ts'
import { createMember, draftOf } from '../swarm/member.ts'
import { UpstreamServer } from '../upstream-server.ts'
import { floodedService, type VictimInit, type VictimWord } from './flood-words.ts'

/** A donor with the limits of a real one, whose service a server in this process does. It ends with its channel. */
const { listen } = JSON.parse(process.argv[2] ?? '{}') as VictimInit
const log = pino({ level: 'silent' })
const say = (word: VictimWord) => process.send?.(word)

const member = await createMember({ listen, limits: 'donor' }, systemClock)
await member.start()
const upstream = new UpstreamServer()
upstream.workMs = 20
await upstream.start()
// It notes down what it was asked, in this very process, whose memory is looked at.
let done = 0
setInterval(() => {
  done += upstream.runs.splice(0).length
}, second).unref()
const settings = upstreamSettingsSchema.parse({ url: upstream.url('/work/victim'), idempotent: true })
const services = new ServiceHost(
  { launch: createForkLauncher({ entries: engineEntries(import.meta.url), log }), clock: systemClock, log },
  {
    machine: { cpuThreads: 2, memoryMiB: 4_096 },
    definitions: [upstreamService(floodedService, settings, { vramMiB: () => 0 })],
    services: { [floodedService]: { enabled: true, slots: 4 } },
  },
)
services.start()
services.setAccepting('everybody')
// As in every node: what it may hold is part of what is measured.
const work = () => {
  const { bytesIn, bytesOut } = member.host.traffic
  return { requests: done, bytes: bytesIn + bytesOut }
}
new HeapSize({ clock: systemClock, work }).start()
await startRoutingNode({ host: member.host, services, workers: member.directory.cache })
member.directory.announcer.update(draftOf(floodedService, { queue: { running: 0, waiting: 0, slots: 4, bound: 20 } }))

process.on('message', () => {
  say({
    kind: 'figures',
    rssMiB: process.memoryUsage.rss() / MiB,
    connections: member.host.libp2p.getConnections().length,
    records: member.directory.registry.size.workers,
    // Sockets, timers, pipes, threads: whatever keeps the process going.
    resources: process.getActiveResourcesInfo().length,
    fds: readdirSync('/proc/self/fd').length,
  })
})
process.on('disconnect', () => process.exit())
say({ kind: 'ready', peerId: member.host.peerId.toString(), addresses: member.host.libp2p.getMultiaddrs().map(String) })
