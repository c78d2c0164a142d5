import { ArrowDown, ArrowUp } from 'lucide-react'
import styles from './virtual-table.module.css'

export interface Sorting<Id extends string> {
  column: Id
  direction: 'ascending' | 'descending'
}

interface SortableHeaderProps<Id extends string> {
  id: Id
  title: string
  titleUnseen?: boolean
  secondary?: boolean
  align?: 'end'
  sorting: Sorting<Id> | undefined
  /** Missing: the table has one order. */
  onSort: ((column: Id) => void) | undefined
}

export function SortableHeader<Id extends string>({
  id,
  title,
  titleUnseen,
  secondary,
  align,
  sorting,
  onSort,
}: SortableHeaderProps<Id>) {
  const direction = sorting?.column === id ? sorting.direction : undefined
  const Arrow = direction === 'descending' ? ArrowDown : ArrowUp
  return (
    <th scope="col" aria-sort={direction} data-secondary={secondary} data-align={align}>
      {onSort === undefined ? (
        <span className={titleUnseen ? 'unseen' : undefined}>{title}</span>
      ) : (
        <button type="button" className={styles.sort} onClick={() => onSort(id)}>
          {title}
          <Arrow size={13} aria-hidden data-shown={direction !== undefined || undefined} />
        </button>
      )}
    </th>
  )
}
