import type { LogEntry } from '../../shared/schema/log.ts'

/** Entries the page keeps while it is open. */
export const logHistoryLimit = 5_000

/** `entries` with the newcomers of `batch` behind them, oldest first, cut to the newest `limit`. */
export function appendLogs(
  entries: readonly LogEntry[],
  batch: readonly LogEntry[],
  limit = logHistoryLimit,
): readonly LogEntry[] {
  const newest = entries.at(-1)?.id ?? Number.NEGATIVE_INFINITY
  const fresh = batch.filter(entry => entry.id > newest)
  if (fresh.length === 0) return entries
  const all = [...entries, ...fresh]
  return all.length > limit ? all.slice(-limit) : all
}
