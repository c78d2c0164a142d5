import { Download } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { Progress } from '../../components/progress.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './export-card.module.css'
import { type ExportState, useExport } from './use-export.ts'

const words = strings.contribution.export

/** Every job as a file, with how far it is and a way to stop it. */
export function ExportCard() {
  const online = useNode(state => state.link.kind === 'online')
  const { state, start, cancel } = useExport(words.fileName)
  const idle = state.kind !== 'running'
  return (
    <Card title={words.title}>
      <p className={styles.hint}>{words.hint}</p>
      <div className={styles.actions}>
        {idle ? (
          (['csv', 'json'] as const).map(format => (
            <Button key={format} isDisabled={!online} onPress={() => start(format)}>
              <Download size={15} aria-hidden />
              {words.format[format]}
            </Button>
          ))
        ) : (
          <Button onPress={cancel}>{words.cancel}</Button>
        )}
        <Outcome state={state} />
      </div>
    </Card>
  )
}

function Outcome({ state }: { state: ExportState }) {
  switch (state.kind) {
    case 'idle':
      return null
    case 'running': {
      const { written, total } = state.progress
      return <Progress label={words.title} done={written} total={total} text={words.progress({ written, total })} />
    }
    case 'done':
      return <output>{words.done({ jobs: state.result.written })}</output>
    case 'failed':
      return <Failure what={words.failed} error={state.error} />
  }
}
