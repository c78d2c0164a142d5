import { useEffect, useRef, useState } from 'react'
import type { NodeClient } from '../connection/node-client.ts'
import { useAsk } from '../store/node-context.tsx'
import { asError } from './as-error.ts'

export type LongAction<Progress, Result> =
  | { kind: 'idle' }
  | { kind: 'running'; progress: Progress }
  | { kind: 'done'; result: Result }
  | { kind: 'failed'; error: Error }

/** What the request is made with. */
export interface LongWork<Progress> {
  client: NodeClient
  signal: AbortSignal
  tell(progress: Progress): void
}

/** One long request at a time that says how far it is. It is cancelled with the page that it was begun on. */
export function useLongAction<Progress, Result>(): {
  state: LongAction<Progress, Result>
  start(from: Progress, work: (begun: LongWork<Progress>) => Promise<Result>): Promise<void>
  cancel(): void
} {
  const ask = useAsk()
  const running = useRef<AbortController>(undefined)
  const [state, setState] = useState<LongAction<Progress, Result>>({ kind: 'idle' })
  useEffect(() => () => running.current?.abort(), [])
  const start = async (from: Progress, work: (begun: LongWork<Progress>) => Promise<Result>) => {
    const controller = new AbortController()
    const { signal } = controller
    running.current = controller
    const tell = (progress: Progress) => setState({ kind: 'running', progress })
    tell(from)
    try {
      const result = await ask(client => work({ client, signal, tell }))
      signal.throwIfAborted()
      setState({ kind: 'done', result })
    } catch (error) {
      setState(signal.aborted ? { kind: 'idle' } : { kind: 'failed', error: asError(error) })
    }
  }
  return { state, start, cancel: () => running.current?.abort() }
}
