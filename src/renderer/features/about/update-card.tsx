import type { Update } from '../../../shared/schema/desktop.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { formatDateTime, formatShare } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './update-card.module.css'

/** Whether there is a newer version of the desktop app, what is in it, and what comes next. */
export function UpdateCard({ update }: { update: Update }) {
  const { run, ready, error } = useAction()
  const words = strings.about.update
  const canCheck = update.kind === 'current' || update.kind === 'failed'
  return (
    <Card
      title={words.title}
      aside={
        <>
          {canCheck && (
            <Button isDisabled={!ready} onPress={() => run(client => client.desktop.checkForUpdate())}>
              {words.check}
            </Button>
          )}
          {update.kind === 'ready' && (
            <Button isDisabled={!ready} onPress={() => run(client => client.desktop.installUpdate())}>
              {words.install}
            </Button>
          )}
        </>
      }
    >
      <p aria-live="polite">{sentence(update)}</p>
      {update.kind === 'ready' && update.notes !== '' && <p className={styles.notes}>{update.notes}</p>}
      <Failure error={error} />
    </Card>
  )
}

function sentence(update: Update): string {
  const words = strings.about.update
  switch (update.kind) {
    case 'off':
      return update.why === 'not-installed' ? words.notInstalled : words.noServer
    case 'current':
      return update.checkedAt === undefined
        ? words.current
        : words.currentAt({ time: formatDateTime(update.checkedAt) })
    case 'checking':
      return words.checking
    case 'loading':
      return words.loading({ version: update.version, share: formatShare(update.share) })
    case 'ready':
      return words.ready[update.waitsFor]({ version: update.version })
    case 'failed':
      return words.failed({ message: update.message, time: formatDateTime(update.at) })
  }
}
