import type { WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, minute } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { keepLatest } from '../keep-latest.ts'
import type { ServiceRequest } from '../service-request.ts'

/** As long as workers hold outcomes. */
const rememberedMs = 2 * minute
const mostRemembered = 1_000

type Asker = Pick<ServiceRequest, 'requester' | 'id' | 'service'>

/**
 * Which worker was sent a request that must not run twice. Asked for again by the same id, it goes to that worker first:
 * only there it can be joined, or answered with what came of it.
 */
export class AskedBefore {
  readonly #clock: Clock
  readonly #workers = new Map<string, { worker: WorkerView; at: Milliseconds }>()

  constructor({ clock }: { clock: Clock }) {
    this.#clock = clock
  }

  note(request: Asker, worker: WorkerView): void {
    keepLatest(this.#workers, keyOf(request), { worker, at: this.#clock.now() }, mostRemembered)
  }

  /** It cannot have begun there. */
  forget(request: Asker): void {
    this.#workers.delete(keyOf(request))
  }

  workerOf(request: Asker): WorkerView | undefined {
    const known = this.#workers.get(keyOf(request))
    if (known === undefined) return undefined
    if (this.#clock.now() < known.at + rememberedMs) return known.worker
    this.#workers.delete(keyOf(request))
    return undefined
  }
}

function keyOf({ requester, id, service }: Asker): string {
  return `${requester} ${service} ${id}`
}
