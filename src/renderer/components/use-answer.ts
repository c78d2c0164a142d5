import { useEffect, useState } from 'react'
import type { NodeClient } from '../connection/node-client.ts'
import { useAsk, useNode } from '../store/node-context.tsx'
import { asError } from './as-error.ts'

/** Asks the node something. */
type Question<T> = (client: NodeClient) => Promise<T>

interface Answer<T> {
  /** The newest answer; it stays while another is waited for. */
  value: T | undefined
  /** Why there is no newer one. */
  error: Error | undefined
  asking: boolean
}

/** What came of asking, and for what. */
interface Heard<T> {
  ask: Question<T>
  because: unknown
  value: T | undefined
  error: Error | undefined
}

/**
 * What the node answers to `ask`, a function that stays the same from one drawing to the next: asked as soon as the line is
 * open, and again whenever it or `because` changes. For what is worked out on request; what the node pushes is in the store.
 */
export function useAnswer<T>(ask: Question<T>, because: unknown): Answer<T> {
  const askNode = useAsk()
  const online = useNode(state => state.link.kind === 'online')
  const [heard, setHeard] = useState<Heard<T>>()
  useEffect(() => {
    if (!online) return
    let current = true
    const hear = (what: { value: T } | { error: Error }) => {
      if (current) setHeard(before => ({ value: before?.value, error: undefined, ...what, ask, because }))
    }
    askNode(ask).then(
      value => hear({ value }),
      thrown => hear({ error: asError(thrown) }),
    )
    return () => {
      current = false
    }
  }, [askNode, ask, because, online])
  return { value: heard?.value, error: heard?.error, asking: heard?.ask !== ask || heard.because !== because }
}
