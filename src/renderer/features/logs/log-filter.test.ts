import { describe, expect, it } from 'vitest'
import type { LogEntry } from '../../../shared/schema/log.ts'
import { appendLogs } from '../../store/log-history.ts'
import { filterLogs, logsAsText, openFilter } from './log-filter.ts'

const entry = (id: number, extra: Partial<LogEntry> = {}): LogEntry => ({
  id,
  time: 1_700_000_000_000,
  level: 'info',
  component: 'dht',
  message: 'table refreshed',
  details: {},
  ...extra,
})

describe('the log', () => {
  it('filters by level, component and every word, details included', () => {
    const entries = [entry(1), entry(2, { level: 'error', component: 'services', details: { code: 'ENGINE_FAILED' } })]
    expect(filterLogs(entries, openFilter)).toBe(entries)
    expect(filterLogs(entries, { ...openFilter, levels: new Set(['error']) }).map(({ id }) => id)).toEqual([2])
    expect(filterLogs(entries, { ...openFilter, component: 'dht' }).map(({ id }) => id)).toEqual([1])
    expect(filterLogs(entries, { ...openFilter, text: 'engine refreshed' }).map(({ id }) => id)).toEqual([2])
  })

  it('is exported as one line an entry', () => {
    expect(logsAsText([entry(1, { details: { peers: 2 } })])).toBe(
      '2023-11-14T22:13:20.000Z INFO  dht: table refreshed {"peers":2}',
    )
  })

  it('takes no entry twice and keeps only the newest', () => {
    const kept = appendLogs([entry(1), entry(2)], [entry(2), entry(3), entry(4)], 3)
    expect(kept.map(({ id }) => id)).toEqual([2, 3, 4])
  })
})
