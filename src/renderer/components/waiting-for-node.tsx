import { LoaderCircle, Unplug } from 'lucide-react'
import { useNode, useRetryNow } from '../store/node-context.tsx'
import { secondsUntil } from '../strings/format.ts'
import { strings } from '../strings/index.ts'
import { useNow } from '../use-now.ts'
import { Button } from './button.tsx'
import { EmptyState } from './empty-state.tsx'

/** What a page shows before the node has said anything. */
export function WaitingForNode() {
  const link = useNode(state => state.link)
  const retryNow = useRetryNow()
  const now = useNow(link.kind === 'waiting')
  if (link.kind === 'online' || link.failures === 0) {
    return (
      <EmptyState icon={LoaderCircle} title={strings.link.firstConnecting} hint={strings.link.firstConnectingHint} />
    )
  }
  const seconds = link.kind === 'waiting' ? secondsUntil(link.nextTryAt, now) : 0
  return (
    <EmptyState icon={Unplug} title={strings.link.firstUnreachable} hint={strings.link.checkNode}>
      <p>{seconds > 0 ? strings.link.nextTry({ seconds }) : strings.link.trying}</p>
      <Button onPress={retryNow} isDisabled={link.kind !== 'waiting'}>
        {strings.link.retryNow}
      </Button>
    </EmptyState>
  )
}
