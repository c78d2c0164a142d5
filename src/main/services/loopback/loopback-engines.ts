import { RmaError } from '../../../shared/errors.ts'
import type { Unavailability } from '../../../shared/schema/service.ts'
import { minute, second } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import { BorrowedMemory } from './borrowed-memory.ts'
import { type EnginePlace, type FoundEngine, probeEngine, usualPlaces } from './engine-probe.ts'
import { Gate } from './gate.ts'
import { chooseModel, isNamed, type LanguageModel, publicName } from './language-model.ts'

export interface LoopbackEnginesInit {
  /** Default: {@link usualPlaces}. */
  places?: readonly EnginePlace[]
  /** Memory for a model, in MiB. */
  budgetMiB: () => number
  /** The only model that the donor wants used for words, and for pictures. */
  only?: { words?: string | undefined; pictures?: string | undefined }
}

/** An engine and a model of it, for one request. */
export interface Choice {
  engine: FoundEngine
  model: LanguageModel
  gate: Gate
}

/** Often enough to notice within minutes that an engine was started or has ended; where nobody listens it costs nothing. */
const lookEveryMs = 2 * minute
/** After a failure, but once for many requests that fail together. */
const lookAgainMs = second

/** The language engines that run beside this node, looked for at the start, each two minutes, and when one fails. */
export class LoopbackEngines implements Startable {
  readonly engines = new LiveValue<readonly FoundEngine[]>([])
  #places: readonly EnginePlace[]
  #only: LoopbackEnginesInit['only']
  readonly #clock: Clock
  readonly #log: Logger
  readonly #init: LoopbackEnginesInit
  readonly #gates = new Map<string, Gate>()
  readonly #memory: BorrowedMemory
  #abort = new AbortController()
  #stopTimer: StopTimer = () => undefined
  #looking: Promise<void> | undefined
  #lookedAt = 0
  #doubted = false
  #stopDoubt: StopTimer = () => undefined

  constructor(components: { clock: Clock; log: Logger }, init: LoopbackEnginesInit) {
    this.#clock = components.clock
    this.#log = components.log
    this.#init = init
    this.#memory = new BorrowedMemory(components)
    this.#places = init.places ?? usualPlaces
    this.#only = init.only
  }

  /** Whether requests of others have brought models into an engine's memory. */
  get borrows(): boolean {
    return this.#memory.size > 0
  }

  get places(): readonly EnginePlace[] {
    return this.#places
  }

  /** Follows a change of the donor's settings: requests that run go on. */
  configure({ places = usualPlaces, only }: Pick<LoopbackEnginesInit, 'places' | 'only'>): void {
    this.#places = places
    this.#only = only
    this.engines.set([...this.engines.get()]) // Other models of the same engines may be used now.
    void Promise.resolve(this.#looking).then(() => this.look())
  }

  start(): void {
    this.#abort = new AbortController()
    this.#stopTimer = this.#clock.every(lookEveryMs, () => void this.look())
    void this.look()
  }

  stop(): void {
    this.#stopTimer()
    this.#stopDoubt()
    this.#doubted = false
    this.#abort.abort(new RmaError('CANCELLED', 'this node is stopping'))
  }

  /** Asks at every place; resolves when all have answered or stayed silent too long. */
  look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined
    })
    return this.#looking
  }

  /** An engine did not do as engines do: it may be gone. */
  doubt(): void {
    if (this.#doubted) return
    this.#doubted = true
    const waitMs = Math.max(0, this.#lookedAt + lookAgainMs - this.#clock.now())
    this.#stopDoubt = this.#clock.after(waitMs, () => {
      this.#doubted = false
      void this.look()
    })
  }

  /** Engines that have a model for words, or for pictures. */
  able(sees: boolean): FoundEngine[] {
    return this.engines.get().filter(engine => this.#preferred(engine, sees) !== undefined)
  }

  /** Names of the models that requests may ask for, those in memory first. */
  models(sees: boolean): string[] {
    const allowed = this.able(sees).flatMap(engine => this.#allowed(engine, sees))
    const loadedFirst = [...allowed].sort((a, b) => Number(b.loaded) - Number(a.loaded))
    return [...new Set(loadedFirst.map(publicName))]
  }

  /** Memory for a model, in MiB. */
  get budgetMiB(): number {
    return Math.round(this.#init.budgetMiB())
  }

  /** Requests that the engines handle at once. */
  slots(sees: boolean): number {
    return this.able(sees).reduce((sum, { slots }) => sum + slots, 0)
  }

  /**
   * Chooses the engine with the shortest queue for its size, and its model, which is then as good as in memory.
   *
   * @throws RmaError UNKNOWN_MODEL for one that is not here, PAUSED when no engine is
   */
  choose(wish: { sees: boolean; model?: string | undefined }): Choice {
    const choice = this.#choice(wish)
    this.#memory.use(choice.engine, choice.model)
    return choice
  }

  /** Throws what `choose` would. */
  check(wish: { sees: boolean; model?: string | undefined }): void {
    this.#choice(wish)
  }

  #choice({ sees, model: name }: { sees: boolean; model?: string | undefined }): Choice {
    const able = this.able(sees)
    if (able.length === 0) throw new RmaError('PAUSED', 'no engine with a fitting model runs beside this node now')
    const choices = able.flatMap(engine => {
      const model =
        name === undefined
          ? this.#preferred(engine, sees)
          : this.#allowed(engine, sees).find(each => isNamed(each, name))
      return model === undefined ? [] : [{ engine, model, gate: this.#gateOf(engine) }]
    })
    const best = choices.sort((a, b) => a.gate.inside / a.gate.size - b.gate.inside / b.gate.size)[0]
    if (best) return best
    const offered = this.models(sees).slice(0, 50)
    throw new RmaError('UNKNOWN_MODEL', `expected one of the models ${offered.join(', ')}, or none; got another`, {
      offered,
    })
  }

  /** Takes models out of memory that came into it for others: the owner wants the graphics card. */
  giveMemoryBack(): Promise<void> {
    return this.#memory.giveBack()
  }

  #preferred(engine: FoundEngine, sees: boolean): LanguageModel | undefined {
    return chooseModel(engine.models, { sees, only: this.#onlyFor(sees), budgetMiB: this.#init.budgetMiB() })
  }

  #allowed(engine: FoundEngine, sees: boolean): LanguageModel[] {
    const only = this.#onlyFor(sees)
    const budgetMiB = this.#init.budgetMiB()
    return engine.models.filter(
      model =>
        (only === undefined || isNamed(model, only)) &&
        (model.sees || !sees) &&
        (model.loaded || (model.sizeMiB ?? 0) <= budgetMiB),
    )
  }

  #onlyFor(sees: boolean): string | undefined {
    return sees ? this.#only?.pictures : this.#only?.words
  }

  #gateOf({ url, slots }: FoundEngine): Gate {
    const gate = this.#gates.get(url) ?? new Gate(slots)
    gate.size = slots
    this.#gates.set(url, gate)
    return gate
  }

  async #look(): Promise<void> {
    const { signal } = this.#abort
    const found = await Promise.all(this.#places.map(place => probeEngine(place, signal)))
    if (signal.aborted) return
    this.#lookedAt = this.#clock.now()
    const engines = found.filter(engine => engine !== undefined)
    const before = this.engines.get()
    if (JSON.stringify(engines) === JSON.stringify(before)) return
    // Models come and go in an engine's memory all the time; engines themselves do not.
    if (urlsOf(engines) !== urlsOf(before)) this.#log.info({ engines: urlsOf(engines) }, 'found language engines')
    this.engines.set(engines)
  }
}

/** What a service on these engines lacks; undefined when nothing. */
export function engineNeed(engines: LoopbackEngines, sees: boolean): Unavailability | undefined {
  const found = engines.engines.get()
  if (found.length === 0) {
    const { places } = engines
    return { kind: 'needs-engine', engines: places.map(({ name }) => name), places: places.map(({ url }) => url) }
  }
  if (engines.able(sees).length > 0) return undefined
  return { kind: 'needs-model', engines: found.map(({ name }) => name), pictures: sees, budgetMiB: engines.budgetMiB }
}

function urlsOf(engines: readonly FoundEngine[]): string {
  return engines.map(({ name, url }) => `${name} at ${url}`).join(', ')
}
