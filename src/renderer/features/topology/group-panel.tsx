import { ChevronRight } from 'lucide-react'
import { ToggleButton } from 'react-aria-components'
import { Segments } from '../../components/segments.tsx'
import { strings } from '../../strings/index.ts'
import styles from './group-panel.module.css'
import type { Grouping, NodeGroup } from './grouping.ts'
import { groupWords } from './target-words.ts'

const words = strings.topology.group
const groupings = () =>
  [
    { id: 'place', label: words.byPlace },
    { id: 'services', label: words.byServices },
    { id: 'none', label: words.off },
  ] as const

interface GroupPanelProps {
  grouping: Grouping
  groups: readonly NodeGroup[]
  open: ReadonlySet<string>
  onGroup: (grouping: Grouping) => void
  onToggle: (id: string) => void
}

/** How the graph is grouped, and each group to open or close: what a click on a bubble does, for keyboard and screen reader. */
export function GroupPanel({ grouping, groups, open, onGroup, onToggle }: GroupPanelProps) {
  return (
    <section className={styles.panel} aria-label={words.title} data-covers>
      <Segments label={words.title} options={groupings()} value={grouping} onChange={onGroup} />
      {groups.length > 0 && (
        <details className={styles.groups}>
          <summary>{words.groups({ count: groups.length })}</summary>
          <ul>
            {groups.map(group => (
              <li key={group.id}>
                <ToggleButton
                  className={styles.group ?? ''}
                  isSelected={open.has(group.id)}
                  onChange={() => onToggle(group.id)}
                >
                  <ChevronRight size={14} aria-hidden />
                  <span className={styles.name}>{group.name}</span>
                  <span className={styles.count}>{groupWords(group).slice(0, 2).join(' · ')}</span>
                </ToggleButton>
              </li>
            ))}
          </ul>
        </details>
      )}
    </section>
  )
}
