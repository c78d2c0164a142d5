import type { Gpu } from '../../../shared/schema/capabilities.ts'
import { Card } from '../../components/card.tsx'
import { Meter } from '../../components/meter.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './machine-card.module.css'

/** The machine's load at a glance, and what it is. */
export function MachineCard() {
  const load = useNode(state => state.status?.load)
  const capabilities = useNode(state => state.status?.capabilities)
  const cpuModel = useNode(state => state.status?.cpuModel)
  if (load === undefined || capabilities === undefined) return null
  const words = strings.status
  return (
    <Card title={words.machine}>
      <div className={styles.meters}>
        <Meter label={words.cpu} share={load.cpu} />
        <Meter
          label={words.memory}
          share={load.memoryTotalMiB === 0 ? 0 : load.memoryUsedMiB / load.memoryTotalMiB}
          text={words.memoryOf({
            used: formatMebibytes(load.memoryUsedMiB),
            total: formatMebibytes(load.memoryTotalMiB),
          })}
        />
        <Meter label={words.announced} share={load.announced} hint={words.announcedHint} />
      </div>
      <p className={styles.hardware}>
        {cpuModel}, {words.threads({ count: capabilities.cpuThreads })}
      </p>
      <ul>
        {capabilities.gpus.length === 0 && <li className={styles.hardware}>{words.noGpu}</li>}
        {groupGpus(capabilities.gpus).map(({ gpu, count }) => (
          <li key={gpu} className={styles.hardware}>
            {count > 1 ? words.several({ count, what: gpu }) : gpu}
          </li>
        ))}
      </ul>
    </Card>
  )
}

/** Equal cards are one line with their number. */
function groupGpus(gpus: readonly Gpu[]): { gpu: string; count: number }[] {
  const counts = new Map<string, number>()
  for (const { model, vramMiB } of gpus) {
    const gpu = vramMiB > 0 ? strings.status.gpu({ model, memory: formatMebibytes(vramMiB) }) : model
    counts.set(gpu, (counts.get(gpu) ?? 0) + 1)
  }
  return [...counts].map(([gpu, count]) => ({ gpu, count }))
}
