import { useState } from 'react'
import type { NodeClient } from '../connection/node-client.ts'
import { useAsk } from '../store/node-context.tsx'

interface Action {
  /** Resolves with whether it worked; a failure is kept in `error` until the next run. */
  run: (ask: (client: NodeClient) => Promise<unknown>) => Promise<boolean>
  busy: boolean
  error: Error | undefined
}

/** Runs one request to the node at a time and keeps its error for the page to show. */
export function useAction(): Action {
  const ask = useAsk()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<Error>()
  const run: Action['run'] = async request => {
    setBusy(true)
    setError(undefined)
    try {
      await ask(request)
      return true
    } catch (thrown) {
      setError(thrown instanceof Error ? thrown : new Error(String(thrown)))
      return false
    } finally {
      setBusy(false)
    }
  }
  return { run, busy, error }
}
