import { availableParallelism, totalmem } from 'node:os'
import { pino } from 'pino'
import { systemClock } from '../../src/main/clock.ts'
import { ocrDraft } from '../../src/main/directory/test-network.ts'
import type { LocalServices } from '../../src/main/service-request.ts'
import { engineEntries } from '../../src/main/services/engine-launcher.ts'
import { createForkLauncher } from '../../src/main/services/fork-launcher.ts'
import { ServiceHost } from '../../src/main/services/service-host.ts'
import { ocr } from '../../src/main/services/testing/english-ocr.ts'
import { MiB, minute } from '../../src/shared/units.ts'
import { LightServices, lightService } from '../routing/light-services.ts'
import { settled } from '../timing.ts'
import { EventLoopWatch } from './event-loop.ts'
import { LoadNode } from './load-node.ts'
import type { LoadChildInit, LoadOrder, LoadWord } from './load-words.ts'
import { readingServices } from './reading-services.ts'

/** Workers of the `load` benchmark, many in one process. It ends with its channel. */
const init = JSON.parse(process.argv[2] ?? '{}') as LoadChildInit
const startedAtOnce = 5
const lane = { slots: 4, bound: 16 }

const lights: LightServices[] = []
const eventLoop = new EventLoopWatch()
let doneBefore: number[] = []
let reader: ServiceHost | undefined
let pagesBefore = 0

for (let first = 0; first < init.workers; first += startedAtOnce) {
  const count = Math.min(startedAtOnce, init.workers - first)
  await Promise.all(Array.from({ length: count }, (_, offset) => startWorker(first + offset)))
}

async function startWorker(index: number): Promise<LoadNode> {
  const light = new LightServices({ ...lane, workMs: init.workMs, answer: 'echo' })
  lights.push(light)
  const reads = index < init.readers
  const services: LocalServices = reads ? readingServices(light, startReader()) : light
  const node = await LoadNode.start({ services, seeds: init.seeds })
  const { queue } = light.capacity()
  node.network.directory.announcer.update(ocrDraft({ services: reads ? [lightService, 'ocr'] : [lightService], queue }))
  return node
}

/** One engine for all workers of this process that read. */
function startReader(): ServiceHost {
  if (reader !== undefined) return reader
  const log = pino({ level: 'silent' })
  const launch = createForkLauncher({ entries: engineEntries(import.meta.url), log })
  const machine = { cpuThreads: availableParallelism(), memoryMiB: Math.floor(totalmem() / MiB) }
  reader = new ServiceHost(
    { launch, clock: systemClock, log },
    { machine, services: { ocr: { enabled: true } }, definitions: [ocr] },
  )
  reader.start()
  reader.setAccepting('everybody')
  return reader
}

function say(word: LoadWord): void {
  process.send?.(word)
}

process.on('message', (order: LoadOrder) => {
  switch (order.kind) {
    case 'settle':
      void settled(minute, new AbortController().signal).then(() => say({ kind: 'done' }))
      return
    case 'begin-measuring':
      doneBefore = lights.map(({ done }) => done)
      pagesBefore = reader?.pagesRead.get() ?? 0
      eventLoop.start()
      return say({ kind: 'done' })
    case 'figures':
      return say({
        kind: 'figures',
        light: lights.map(({ done }, index) => done - (doneBefore[index] ?? 0)),
        pages: (reader?.pagesRead.get() ?? 0) - pagesBefore,
        eventLoop: eventLoop.figures(),
      })
    case 'stall':
      for (const [index, light] of lights.entries()) {
        light.stalls = index < order.workers ? { every: order.every, ms: order.ms } : undefined
      }
      return say({ kind: 'done' })
  }
})
process.on('disconnect', () => {
  reader?.stop()
  process.exit()
})
say({ kind: 'ready' })
