import { useEffect, useState } from 'react'
import type { Allowance } from '../../../shared/schema/allowance.ts'
import type { Limits } from '../../../shared/schema/limits.ts'
import { useAsk, useNode } from '../../store/node-context.tsx'

/** Nobody reads what a number means while it is typed. */
const typingMs = 200

/** What the node says it might do now under these limits, as long as they stand; undefined until it has answered. */
export function usePreview(limits: Limits | undefined): Allowance | undefined {
  const ask = useAsk()
  const online = useNode(state => state.link.kind === 'online')
  const [allowance, setAllowance] = useState<Allowance>()
  const text = JSON.stringify(limits)
  useEffect(() => {
    if (text === undefined || !online) return
    const stop = new AbortController()
    const { signal } = stop
    const timer = setTimeout(async () => {
      try {
        const limits = JSON.parse(text) as Limits
        for await (const next of await ask(client => client.settings.preview({ limits }, { signal })))
          setAllowance(next)
      } catch (error) {
        // The line to the node tells of itself when it ends; another draft ends this one on purpose.
        if (!signal.aborted) console.info('The preview of the limits ended.', error)
      }
    }, typingMs)
    return () => {
      clearTimeout(timer)
      stop.abort()
    }
  }, [ask, online, text])
  return limits === undefined ? undefined : allowance
}
