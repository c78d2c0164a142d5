import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { RoutedAnswer } from '../../src/main/routing/routed-answer.ts'
import { toRmaError } from '../../src/shared/errors.ts'
import { KiB, second } from '../../src/shared/units.ts'
import { lightService } from '../routing/light-services.ts'
import type { LoadNode } from './load-node.ts'

const lightBody = Buffer.alloc(KiB, 'x')
const deadlineMs = 20 * second
const tickMs = 2
/** Requests that take longer than this are waited for and no longer counted into the rate. */
const settleMs = deadlineMs

export interface ArrivalsInit {
  requesters: readonly LoadNode[]
  perSecond: number
  forMs: number
  /** A page to be read instead, each so many requests. */
  page?: { png: Buffer; every: number }
  signal: AbortSignal
  onProgress(sent: number): void
}

export interface ArrivalFigures {
  sent: number
  /** How long each answer took, to its end. */
  lightMs: number[]
  pageMs: number[]
  /** Requests that were not answered, by what came instead. */
  lost: Map<string, number>
  tookMs: number
}

/** Sends requests at random moments, whether or not those before have been answered: as independent callers do. */
export async function sendArrivals(init: ArrivalsInit): Promise<ArrivalFigures> {
  const { requesters, perSecond, forMs, page, signal, onProgress } = init
  const figures: ArrivalFigures = { sent: 0, lightMs: [], pageMs: [], lost: new Map(), tookMs: 0 }
  const underWay = new Set<Promise<void>>()
  const startedAt = performance.now()
  let nextAt = startedAt
  for (let now = startedAt; now < startedAt + forMs; now = performance.now()) {
    signal.throwIfAborted()
    while (nextAt <= now) {
      nextAt += gapMs(perSecond)
      const requester = requesters[figures.sent % requesters.length]
      if (requester === undefined) throw new Error('expected a requester')
      const reads = page !== undefined && figures.sent % page.every === page.every - 1
      const one = timed(requester, reads ? page.png : undefined, figures).finally(() => underWay.delete(one))
      underWay.add(one)
      figures.sent++
      if (figures.sent % perSecond === 0) onProgress(figures.sent)
    }
    await delay(tickMs)
  }
  figures.tookMs = performance.now() - startedAt
  await Promise.race([Promise.all(underWay), delay(settleMs, undefined, { ref: false })])
  if (underWay.size > 0) figures.lost.set('still under way', underWay.size)
  return figures
}

/** Time until the next of callers that know nothing of each other. */
function gapMs(perSecond: number): number {
  return (-Math.log(1 - Math.random()) * second) / perSecond
}

async function timed(requester: LoadNode, png: Buffer | undefined, figures: ArrivalFigures): Promise<void> {
  const startedAt = performance.now()
  try {
    await readAway(await ask(requester, png))
    const list = png === undefined ? figures.lightMs : figures.pageMs
    list.push(performance.now() - startedAt)
  } catch (error) {
    const { code, message } = toRmaError(error)
    const what = `${code}: ${message.slice(0, 500)}`
    figures.lost.set(what, (figures.lost.get(what) ?? 0) + 1)
  }
}

function ask({ requests, network }: LoadNode, png: Buffer | undefined): Promise<RoutedAnswer> {
  const body = png ?? lightBody
  return requests.router.route({
    id: randomUUID(),
    service: png === undefined ? lightService : 'ocr',
    requester: network.host.peerId.toString(),
    contentType: png === undefined ? 'application/octet-stream' : 'image/png',
    accept: '',
    body: singly(body),
    declaredBytes: body.length,
    deadlineAt: Date.now() + deadlineMs,
    signal: AbortSignal.timeout(deadlineMs),
  })
}

async function* singly(bytes: Uint8Array) {
  yield bytes
}

async function readAway({ body }: RoutedAnswer): Promise<void> {
  if (body instanceof Uint8Array) return
  for await (const _ of body);
}
