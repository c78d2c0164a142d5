import { DatabaseSync } from 'node:sqlite'
import type { CoordinatorStore } from '../coordinator-store.ts'
import { CoordinatorTable } from '../coordinator-table.ts'

/** The table on Node's SQLite, in memory. */
export function memoryTable(): CoordinatorTable {
  const database = new DatabaseSync(':memory:')
  return new CoordinatorTable({ exec: (query, ...values) => database.prepare(query).all(...values) })
}

/** The table as a store, by the clock of its user. */
export function storeOf(table: CoordinatorTable, now: () => number): CoordinatorStore {
  return {
    list: async () => table.list(now()),
    register: async (arrival, revocations) => {
      if (revocations !== undefined) table.revoke(revocations)
      return table.admit(arrival)
    },
    count: async counts => table.count(counts),
    counts: async () => table.counts(),
  }
}
