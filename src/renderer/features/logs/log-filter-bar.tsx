import { useMemo } from 'react'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import type { LogEntry } from '../../../shared/schema/log.ts'
import { SearchBox } from '../../components/search-box.tsx'
import { strings } from '../../strings/index.ts'
import { LevelMark } from './level-mark.tsx'
import { allLevels, componentsOf, type LogFilter } from './log-filter.ts'
import styles from './log-filter-bar.module.css'

interface LogFilterBarProps {
  entries: readonly LogEntry[]
  /** How many of them pass. */
  shown: number
  filter: LogFilter
  onChange: (filter: LogFilter) => void
}

export function LogFilterBar({ entries, shown, filter, onChange }: LogFilterBarProps) {
  const components = useMemo(() => componentsOf(entries), [entries])
  const words = strings.logs
  return (
    <div className={styles.bar}>
      <ToggleButtonGroup
        className={styles.levels ?? ''}
        aria-label={words.levels}
        selectionMode="multiple"
        selectedKeys={filter.levels}
        onSelectionChange={keys => onChange({ ...filter, levels: new Set(allLevels.filter(level => keys.has(level))) })}
      >
        {allLevels.map(level => (
          <ToggleButton key={level} id={level} className={styles.level ?? ''}>
            <LevelMark level={level} />
          </ToggleButton>
        ))}
      </ToggleButtonGroup>
      <select
        className={styles.component}
        aria-label={words.component}
        value={filter.component}
        onChange={event => onChange({ ...filter, component: event.target.value })}
      >
        <option value="">{words.allComponents}</option>
        {components.map(component => (
          <option key={component}>{component}</option>
        ))}
      </select>
      <div className={styles.search}>
        <SearchBox
          label={words.search}
          placeholder={words.searchPlaceholder}
          value={filter.text}
          onChange={text => onChange({ ...filter, text })}
        />
      </div>
      <output className={styles.count}>
        {shown === entries.length ? words.all({ total: shown }) : words.shown({ shown, total: entries.length })}
      </output>
    </div>
  )
}
