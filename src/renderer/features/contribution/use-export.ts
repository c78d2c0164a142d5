import type { ExportFormat } from '../../../shared/schema/contribution.ts'
import { downloadText } from '../../components/download.ts'
import { type LongAction, useLongAction } from '../../components/use-long-action.ts'
import { dayName } from './days.ts'

/** Jobs that are in the file so far, of how many. */
interface Written {
  written: number
  total: number
}

export type ExportState = LongAction<Written, Written>

const types: Record<ExportFormat, string> = { csv: 'text/csv', json: 'application/json' }

/** Gathers every job of the ledger into a file, a piece at a time. */
export function useExport(name: string): {
  state: ExportState
  start(format: ExportFormat): Promise<void>
  cancel(): void
} {
  const { state, start, cancel } = useLongAction<Written, Written>()
  const nothing: Written = { written: 0, total: 0 }
  return {
    state,
    cancel,
    start: format =>
      start(nothing, async ({ client, signal, tell }) => {
        const parts: string[] = []
        let so = nothing
        for await (const { text, written, total } of await client.ledger.export({ format }, { signal })) {
          parts.push(text)
          so = { written, total }
          tell(so)
        }
        signal.throwIfAborted()
        downloadText(`${name}-${dayName(new Date())}.${format}`, parts, types[format])
        return so
      }),
  }
}
