import { DurableObject } from 'cloudflare:workers'
import { toRmaError } from '../shared/errors.ts'
import type { CoordinatorStore, EdgeClock, ListCopy } from './coordinator-store.ts'
import {
  type Admission,
  type Arrival,
  type CoordinatorList,
  CoordinatorTable,
  type DayCount,
  type KnownRevocations,
} from './coordinator-table.ts'
import { createEdgeApp, type EdgeApp } from './edge-app.ts'
import { readEnvironment } from './environment.ts'

interface Bindings {
  COORDINATORS: DurableObjectNamespace<Coordinators>
}

const clock: EdgeClock = {
  now: () => Date.now(),
  delay: ms => new Promise(resolve => setTimeout(resolve, ms)),
}

/** The one place where the edge router keeps anything: a table in SQLite, next to whoever asked first. */
export class Coordinators extends DurableObject<Bindings> {
  readonly #table: CoordinatorTable

  constructor(state: DurableObjectState, env: Bindings) {
    super(state, env)
    this.#table = new CoordinatorTable({
      exec: (query, ...values) => state.storage.sql.exec<Record<string, SqlStorageValue>>(query, ...values).toArray(),
    })
  }

  list(): CoordinatorList {
    return this.#table.list(clock.now())
  }

  register(arrival: Arrival, revocations?: KnownRevocations): Admission {
    if (revocations !== undefined) this.#table.revoke(revocations)
    return this.#table.admit(arrival)
  }

  count(counts: DayCount[]): void {
    this.#table.count(counts)
  }

  counts(): DayCount[] {
    return this.#table.counts()
  }
}

/** A stub belongs to the request that made it, so each call makes its own. */
function storeIn(namespace: Bindings['COORDINATORS']): CoordinatorStore {
  const stub = () => namespace.get(namespace.idFromName('coordinators'))
  return {
    list: async () => await stub().list(),
    register: async (arrival, revocations) => await stub().register(arrival, revocations),
    count: async counts => await stub().count(counts),
    counts: async () => await stub().counts(),
  }
}

/** The data centre's cache. It holds nothing on a workers.dev address, where each isolate's memory has to do. */
const copy: ListCopy = {
  async read() {
    const response = await caches.default.match(copyUrl)
    return response === undefined ? undefined : await response.json<CoordinatorList>()
  },
  async write(list) {
    await caches.default.put(copyUrl, Response.json(list, { headers: { 'cache-control': 'public, max-age=172800' } }))
  },
}
const copyUrl = 'https://rma-donor.invalid/coordinators'

let app: EdgeApp | undefined

export default {
  async fetch(request, env, context): Promise<Response> {
    try {
      app ??= createEdgeApp(
        { store: storeIn(env.COORDINATORS), copy, clock, report: console.error },
        readEnvironment(env),
      )
    } catch (error) {
      const known = toRmaError(error)
      console.error(known.message)
      return Response.json(known.toBody(), { status: known.status })
    }
    return app.fetch(request, env, context)
  },
} satisfies ExportedHandler<Bindings>
