import { Unplug } from 'lucide-react'
import { useNode, useRetryNow } from '../store/node-context.tsx'
import { secondsUntil } from '../strings/format.ts'
import { strings } from '../strings/index.ts'
import { useNow } from '../use-now.ts'
import { Button } from './button.tsx'
import styles from './link-banner.module.css'

/** Failures in a row after which the banner says what to look at. */
const failuresBeforeHint = 4

/** Says calmly that the line to the node is interrupted, and when the next try is. The page keeps its last state. */
export function LinkBanner() {
  const link = useNode(state => state.link)
  const hasStatus = useNode(state => state.status !== undefined)
  const retryNow = useRetryNow()
  const now = useNow(link.kind === 'waiting')
  if (link.kind === 'online' || !hasStatus) return null
  return (
    <div className={styles.banner} role="status">
      <Unplug size={16} aria-hidden />
      <p>
        {strings.link.lost} <span aria-hidden>{nextTry(link, now)}</span>
        {link.failures >= failuresBeforeHint && ` ${strings.link.checkNode}`}
      </p>
      <Button kind="quiet" onPress={retryNow} isDisabled={link.kind !== 'waiting'}>
        {strings.link.retryNow}
      </Button>
    </div>
  )
}

function nextTry(link: { kind: 'connecting' } | { kind: 'waiting'; nextTryAt: number }, now: number): string {
  const seconds = link.kind === 'waiting' ? secondsUntil(link.nextTryAt, now) : 0
  return seconds > 0 ? strings.link.nextTry({ seconds }) : strings.link.trying
}
