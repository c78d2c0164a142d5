import { useRef, useState } from 'react'
import type { ExportFormat } from '../../../shared/schema/contribution.ts'
import { downloadText } from '../../components/download.ts'
import { useAsk } from '../../store/node-context.tsx'
import { dayName } from './days.ts'

export type ExportState =
  | { kind: 'idle' }
  | { kind: 'running'; format: ExportFormat; written: number; total: number }
  | { kind: 'done'; jobs: number }
  | { kind: 'failed'; error: Error }

const types: Record<ExportFormat, string> = { csv: 'text/csv', json: 'application/json' }

/** Gathers every job of the ledger into a file, a piece at a time. */
export function useExport(name: string): {
  state: ExportState
  start(format: ExportFormat): Promise<void>
  cancel(): void
} {
  const ask = useAsk()
  const running = useRef<AbortController>(undefined)
  const [state, setState] = useState<ExportState>({ kind: 'idle' })
  const start = async (format: ExportFormat) => {
    const controller = new AbortController()
    running.current = controller
    setState({ kind: 'running', format, written: 0, total: 0 })
    try {
      const pieces = await ask(client => client.ledger.export({ format }, { signal: controller.signal }))
      const parts: string[] = []
      let jobs = 0
      for await (const { text, written, total } of pieces) {
        parts.push(text)
        jobs = written
        setState({ kind: 'running', format, written, total })
      }
      controller.signal.throwIfAborted()
      downloadText(`${name}-${dayName(new Date())}.${format}`, parts, types[format])
      setState({ kind: 'done', jobs })
    } catch (error) {
      if (controller.signal.aborted) setState({ kind: 'idle' })
      else setState({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  return { state, start, cancel: () => running.current?.abort() }
}
