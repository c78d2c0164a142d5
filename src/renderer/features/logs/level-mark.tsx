import { Bug, CircleX, Info, TriangleAlert } from 'lucide-react'
import type { LogLevel } from '../../../shared/schema/log.ts'
import { strings } from '../../strings/index.ts'
import styles from './level-mark.module.css'

const icons = { debug: Bug, info: Info, warn: TriangleAlert, error: CircleX } as const satisfies Record<
  LogLevel,
  typeof Bug
>

/** A level as icon and word. */
export function LevelMark({ level }: { level: LogLevel }) {
  const Icon = icons[level]
  return (
    <span className={styles.mark} data-level={level}>
      <Icon size={14} aria-hidden />
      {strings.logs.level[level]}
    </span>
  )
}
