import { useRef, useState } from 'react'
import type { NodeClient } from '../connection/node-client.ts'
import { useAsk, useNode } from '../store/node-context.tsx'
import { asError } from './as-error.ts'

interface Action {
  /** Resolves with whether it worked; a failure is kept in `error` until the next run. Nothing is run while one is under way. */
  run: (ask: (client: NodeClient) => Promise<unknown>) => Promise<boolean>
  /** One is under way. */
  busy: boolean
  /**
   * There is a line to the node. So it stays while one is under way: a control that is disabled under the reader's hands loses
   * the focus.
   */
  ready: boolean
  error: Error | undefined
  /** Lets go of the error of what is not wanted any more. */
  forget: () => void
}

/** Runs one request to the node at a time and keeps its error for the page to show. */
export function useAction(): Action {
  const ask = useAsk()
  const online = useNode(state => state.link.kind === 'online')
  const running = useRef(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error>()
  const run: Action['run'] = async request => {
    if (running.current) return false
    running.current = true
    setBusy(true)
    setError(undefined)
    try {
      await ask(request)
      return true
    } catch (thrown) {
      setError(asError(thrown))
      return false
    } finally {
      running.current = false
      setBusy(false)
    }
  }
  return { run, busy, ready: online, error, forget: () => setError(undefined) }
}
