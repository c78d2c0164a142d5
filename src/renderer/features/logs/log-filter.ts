import type { LogEntry, LogLevel } from '../../../shared/schema/log.ts'

export interface LogFilter {
  levels: ReadonlySet<LogLevel>
  /** Empty: every component. */
  component: string
  /** Every word has to occur, in any case. */
  text: string
}

export const allLevels: readonly LogLevel[] = ['debug', 'info', 'warn', 'error']

export const openFilter: LogFilter = { levels: new Set(allLevels), component: '', text: '' }

export function isOpen(filter: LogFilter): boolean {
  return filter.levels.size === allLevels.length && filter.component === '' && filter.text.trim() === ''
}

/** The entries that pass, in their order; the same array where all do. */
export function filterLogs(entries: readonly LogEntry[], filter: LogFilter): readonly LogEntry[] {
  if (isOpen(filter)) return entries
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean)
  return entries.filter(
    entry =>
      filter.levels.has(entry.level) &&
      (filter.component === '' || entry.component === filter.component) &&
      words.every(word => searchText(entry).includes(word)),
  )
}

/** Components that occur, in alphabetical order. */
export function componentsOf(entries: readonly LogEntry[]): string[] {
  return [...new Set(entries.map(entry => entry.component))].sort()
}

const searchTexts = new WeakMap<LogEntry, string>()

function searchText(entry: LogEntry): string {
  const known = searchTexts.get(entry)
  if (known !== undefined) return known
  const text = `${entry.component} ${entry.message} ${detailsText(entry)}`.toLowerCase()
  searchTexts.set(entry, text)
  return text
}

/** The details on one line, empty when there are none. */
export function detailsText(entry: LogEntry): string {
  return Object.keys(entry.details).length === 0 ? '' : JSON.stringify(entry.details)
}

/** Entries as lines of text, for the clipboard and for files: time in UTC, level, component, message, details. */
export function logsAsText(entries: readonly LogEntry[]): string {
  return entries
    .map(entry => {
      const line = `${new Date(entry.time).toISOString()} ${entry.level.toUpperCase().padEnd(5)} ${entry.component}: ${entry.message}`
      const details = detailsText(entry)
      return details === '' ? line : `${line} ${details}`
    })
    .join('\n')
}
