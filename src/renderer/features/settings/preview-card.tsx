import { CircleCheck, CirclePause, Gauge, HelpCircle } from 'lucide-react'
import { clockTime } from '../../../shared/activity-sentence.ts'
import { reasonSentence } from '../../../shared/reason-sentence.ts'
import type { Allowance } from '../../../shared/schema/allowance.ts'
import type { Limits } from '../../../shared/schema/limits.ts'
import { Card } from '../../components/card.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatList, formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './preview-card.module.css'
import { usePreview } from './use-preview.ts'

/** Whether the node would work now under the limits as they are drawn up; undefined where they are not valid. */
export function PreviewCard({ limits }: { limits: Limits | undefined }) {
  const allowance = usePreview(limits)
  const words = strings.settings.preview
  return (
    <Card title={words.title}>
      <div className={styles.answer} aria-live="polite" data-testid="preview">
        {limits === undefined ? (
          <Answer icon={HelpCircle} tone="unknown" text={words.invalid} />
        ) : allowance === undefined ? (
          <Answer icon={HelpCircle} tone="unknown" text={words.asking} />
        ) : (
          <Judged allowance={allowance} />
        )}
      </div>
      <p className={styles.note}>{words.note}</p>
    </Card>
  )
}

function Judged({ allowance }: { allowance: Allowance }) {
  const hasGpu = useNode(state => (state.status?.capabilities.gpus.length ?? 0) > 0)
  const { mode, reason, until, cpuThreads, memoryMiB, gpu, blind } = allowance
  const words = strings.settings.preview
  const why = reasonSentence(reason, strings.activity.reasons)
  const works = mode === 'work' || mode === 'slow'
  return (
    <>
      {mode === 'work' && <Answer icon={CircleCheck} tone="yes" text={words.yes({ threads: cpuThreads })} />}
      {mode === 'slow' && <Answer icon={Gauge} tone="slow" text={words.slow({ threads: cpuThreads, reason: why })} />}
      {!works && <Answer icon={CirclePause} tone="no" text={words.no({ reason: why })} />}
      <ul className={styles.more}>
        {until !== undefined && <li>{words.until({ time: clockTime(until, strings.activity, Date.now()) })}</li>}
        {works && <li>{words.memory({ memory: formatMebibytes(memoryMiB) })}</li>}
        {works && hasGpu && (
          <li>
            {gpu.use ? words.gpuYes : words.gpuNo({ reason: reasonSentence(gpu.reason, strings.activity.reasons) })}
          </li>
        )}
        {blind.length > 0 && (
          <li>{words.blind({ sensors: formatList(blind.map(({ sensor }) => words.sensor[sensor])) })}</li>
        )}
      </ul>
    </>
  )
}

function Answer({ icon: Icon, tone, text }: { icon: typeof Gauge; tone: string; text: string }) {
  return (
    <p className={styles.verdict} data-tone={tone}>
      <Icon size={18} aria-hidden />
      <span>{text}</span>
    </p>
  )
}
