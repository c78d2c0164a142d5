import { useEffect, useState } from 'react'
import type { NodeClient } from '../connection/node-client.ts'
import { useAsk, useNode } from '../store/node-context.tsx'

interface Answer<T> {
  /** The newest answer; it stays while another is waited for. */
  value: T | undefined
  /** Why there is no newer one. */
  error: Error | undefined
  asking: boolean
}

/**
 * What the node answers to `ask`, a function that never changes: asked as soon as the line is open, and again whenever
 * `because` changes. For what is worked out on request; what the node pushes is in the store.
 */
export function useAnswer<T>(ask: (client: NodeClient) => Promise<T>, because: unknown): Answer<T> {
  const askNode = useAsk()
  const online = useNode(state => state.link.kind === 'online')
  const [answer, setAnswer] = useState<Answer<T>>({ value: undefined, error: undefined, asking: true })
  // biome-ignore lint/correctness/useExhaustiveDependencies: `because` is the reason to ask again
  useEffect(() => {
    if (!online) return
    let current = true
    setAnswer(({ value, error }) => ({ value, error, asking: true }))
    askNode(ask).then(
      value => current && setAnswer({ value, error: undefined, asking: false }),
      thrown => current && setAnswer(({ value }) => ({ value, error: toError(thrown), asking: false })),
    )
    return () => {
      current = false
    }
  }, [ask, because, online])
  return answer
}

function toError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}
