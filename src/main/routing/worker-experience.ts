import type { PathKind, PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'
import type { PeerPlaces } from '../paths/candidates.ts'
import { isResting } from '../resting.ts'
import {
  afterEnding,
  afterMoving,
  afterSending,
  type Circuit,
  closedCircuit,
  isPassable,
  type RequestEnding,
} from './circuit.ts'
import type { Experience } from './selection.ts'

const latenciesKept = 10
const servicesKept = 8
const workersKept = 2_000
/** A worker that asks for more rest is asked again sooner. */
const longestRestMs = 1 * minute

/** What is known of one service of a worker. */
interface Lesson {
  last: Milliseconds[]
  mean: Milliseconds | undefined
  /** It has asked not to be asked for it before. */
  restsUntil: Milliseconds
}

/** A worker as it is announced now. */
export interface Announced {
  peerId: PeerIdText
  record: Omit<PeerPlaces, 'peerId'>
}

interface Entry {
  /** Where it said that it can be reached when it was asked last. */
  places: Announced['record']
  inFlight: number
  lessons: Map<ServiceType, Lesson>
  path?: PathKind
  circuit: Circuit
  answers: number
}

/** A request to a worker, from being sent until it ends in one of these ways; only the first counts. */
export interface Trial {
  answered(latencyMs: Milliseconds, path: PathKind): void
  /** It turned the request away, perhaps asking to be left alone for a while. */
  refused(restMs?: Milliseconds): void
  failed(): void
  /** It gave no sign of life for as long as could be waited. */
  silent(): void
  /** It was given up for reasons of our own. `waitedMs`: another was quicker, and it had taken this long. */
  abandoned(waitedMs?: Milliseconds): void
}

/** What was experienced with one worker, for who looks at it. */
export interface WorkerLatency {
  worker: PeerIdText
  answers: number
  /** Mean of its last answers, over all services. */
  meanMs: Milliseconds
  inFlight: number
  circuit: Circuit['kind']
}

/** What this node's own requests have taught it of each worker: latency, path, requests in flight, and its circuit. */
export class WorkerExperience {
  readonly #clock: Clock
  readonly #entries = new Map<PeerIdText, Entry>()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  of({ peerId, record }: Announced, service: ServiceType): Experience {
    const entry = this.#entries.get(peerId)
    if (entry === undefined) return { inFlight: 0 }
    const { path, inFlight } = entry
    const lesson = entry.lessons.get(service)
    const latencyMs = lesson?.mean
    const avoided = this.#avoided(circuitAt(entry, record), lesson)
    return {
      inFlight,
      ...(avoided === undefined ? {} : { avoided }),
      ...(path === undefined ? {} : { path }),
      ...(latencyMs === undefined ? {} : { latencyMs }),
    }
  }

  /** How long until a worker that asked for rest may be asked again; undefined when it did not. */
  restLeftMs(peerId: PeerIdText, service: ServiceType): Milliseconds | undefined {
    const until = this.#entries.get(peerId)?.lessons.get(service)?.restsUntil ?? 0
    const now = this.#clock.now()
    return isResting(until, now, longestRestMs) ? until - now : undefined
  }

  begin({ peerId, record }: Announced, service: ServiceType): Trial {
    const entry = this.#use(peerId, record)
    const { circuit, probe } = afterSending(circuitAt(entry, record), this.#clock.now())
    entry.circuit = circuit
    entry.places = record
    entry.inFlight++
    let ended = false
    const end = (ending: RequestEnding, learn?: () => void) => {
      if (ended) return
      ended = true
      entry.inFlight--
      entry.circuit = afterEnding(entry.circuit, { ending, probe }, this.#clock.now())
      learn?.()
    }
    return {
      answered: (latencyMs, path) =>
        end('alive', () => {
          entry.path = path
          entry.answers++
          addLatency(lessonOf(entry, service), latencyMs)
        }),
      refused: (restMs = 0) =>
        end('alive', () => {
          if (restMs > 0) lessonOf(entry, service).restsUntil = this.#clock.now() + Math.min(restMs, longestRestMs)
        }),
      failed: () => end('failed'),
      silent: () => end('silent'),
      abandoned: waitedMs =>
        end('unknown', () => {
          if (waitedMs !== undefined) addLatency(lessonOf(entry, service), waitedMs)
        }),
    }
  }

  /** The workers asked last, newest first. */
  latest(count: number): WorkerLatency[] {
    return [...this.#entries]
      .slice(-count)
      .reverse()
      .map(([worker, { answers, lessons, inFlight, circuit }]) => ({
        worker,
        answers,
        meanMs: mean([...lessons.values()].flatMap(({ last }) => last)),
        inFlight,
        circuit: circuit.kind,
      }))
  }

  #avoided(circuit: Circuit, lesson: Lesson | undefined): Experience['avoided'] {
    const now = this.#clock.now()
    if (!isPassable(circuit, now)) return 'failed'
    return isResting(lesson?.restsUntil ?? 0, now, longestRestMs) ? 'resting' : undefined
  }

  #use(peerId: PeerIdText, places: Announced['record']): Entry {
    const known = this.#entries.get(peerId)
    // Deleting and setting again keeps the map in order of use.
    if (known !== undefined) this.#entries.delete(peerId)
    const entry = known ?? { places, inFlight: 0, lessons: new Map(), circuit: closedCircuit, answers: 0 }
    this.#entries.set(peerId, entry)
    if (this.#entries.size > workersKept) this.#forgetOldest()
    return entry
  }

  #forgetOldest(): void {
    for (const [peerId, entry] of this.#entries) {
      if (entry.inFlight > 0) continue
      this.#entries.delete(peerId)
      return
    }
  }
}

/** Its circuit, seen by who reads there where it can be reached. */
function circuitAt({ circuit, places }: Entry, now: Announced['record']): Circuit {
  return circuit.kind === 'open' && wayTo(places) !== wayTo(now) ? afterMoving(circuit) : circuit
}

function wayTo({ addresses, vpnIp, tunnelUrl }: Announced['record']): string {
  return [...[...addresses].sort(), vpnIp, tunnelUrl].join()
}

/** The lesson to write to; that of the service used longest ago makes room. */
function lessonOf({ lessons }: Entry, service: ServiceType): Lesson {
  const lesson = lessons.get(service) ?? { last: [], mean: undefined, restsUntil: 0 }
  keepLatest(lessons, service, lesson, servicesKept)
  return lesson
}

function addLatency(lesson: Lesson, latencyMs: Milliseconds): void {
  lesson.last = [...lesson.last, latencyMs].slice(-latenciesKept)
  lesson.mean = mean(lesson.last)
}

function mean(values: readonly number[]): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length
}
