import { useEffect, useState, useSyncExternalStore } from 'react'
import { keptLoadPoints, type LoadPoint } from '../../../shared/schema/load.ts'
import { asError } from '../../components/as-error.ts'
import { useAsk, useNode } from '../../store/node-context.tsx'

function subscribe(onChange: () => void): () => void {
  document.addEventListener('visibilitychange', onChange)
  return () => document.removeEventListener('visibilitychange', onChange)
}

interface LoadPoints {
  /** Oldest first; missing until the node has answered. The last ones stay while the line is away. */
  points: readonly LoadPoint[] | undefined
  error: Error | undefined
}

/**
 * The load of the last minutes, a new point each second while somebody can see the page. A page that is hidden asks for
 * nothing; shown again, it gets what it missed at once.
 */
export function useLoadPoints(): LoadPoints {
  const ask = useAsk()
  const online = useNode(state => state.link.kind === 'online')
  const visible = useSyncExternalStore(subscribe, () => document.visibilityState === 'visible')
  const [known, setKnown] = useState<LoadPoints>({ points: undefined, error: undefined })
  useEffect(() => {
    if (!online || !visible) return
    const controller = new AbortController()
    const { signal } = controller
    const follow = async () => {
      let points: readonly LoadPoint[] = []
      for await (const batch of await ask(client => client.load.watch(undefined, { signal }))) {
        if (signal.aborted) return
        points = [...points, ...batch].slice(-keptLoadPoints)
        setKnown({ points, error: undefined })
      }
    }
    follow().catch(thrown => {
      const error = asError(thrown)
      if (!signal.aborted) setKnown(({ points }) => ({ points, error }))
    })
    return () => controller.abort()
  }, [ask, online, visible])
  return known
}
