import {
  type CSSProperties,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  useEffect,
  useId,
  useRef,
  useState,
} from 'react'
import { SortableHeader, type Sorting } from './sortable-header.tsx'
import { useRowHeight } from './use-row-height.ts'
import { followsAfterScroll, rowAfterKey, scrollTopToShow, visibleRows } from './virtual-rows.ts'
import styles from './virtual-table.module.css'

export interface Column<Row, Id extends string> {
  id: Id
  title: string
  /** Width as a grid track: `6rem`, `minmax(8rem, 1fr)`. */
  width: string
  cell: (row: Row) => ReactNode
  /** Read, not seen: what stands in the column needs no more width. */
  titleUnseen?: boolean
  /** Left out in a narrow window. */
  secondary?: boolean
  align?: 'end'
}

interface VirtualTableProps<Row, Id extends string> {
  label: string
  columns: readonly Column<Row, Id>[]
  rows: readonly Row[]
  rowKey: (row: Row) => string | number
  /** In pixels of the standard type size; it grows with the reader's. */
  rowHeight?: number
  selected?: string | number | undefined
  onSelect: (row: Row) => void
  sorting?: Sorting<Id>
  onSort?: (column: Id) => void
  /** Keeps the last row in view as rows come. */
  follow?: boolean
  /** The reader scrolled away from the end, or back to it. */
  onFollowChange?: (follow: boolean) => void
}

/** Rows can be moved through and chosen, so this is a grid in the words of ARIA, built from a table's elements. */
const grid = { role: 'grid', tabIndex: 0 } as const

/**
 * A table that draws only the rows in view, so that thousands cost what a screenful costs. The rows are one tab stop:
 * arrows, Page, Home and End move, Enter selects.
 */
export function VirtualTable<Row, Id extends string>(props: VirtualTableProps<Row, Id>) {
  const { label, columns, rows, rowKey, selected, onSelect, sorting, onSort, follow = false, onFollowChange } = props
  const rowHeight = useRowHeight(props.rowHeight ?? 36)
  const table = useRef<HTMLTableElement>(null)
  const [view, setView] = useState({ scrollTop: 0, height: 600 })
  const [active, setActive] = useState<{ key: string | number; index: number }>()
  const idBase = useId()
  // Rows come and go above the one that the keyboard is on: it stays on that, and where that has gone, near it.
  const isActive = (row: Row) => rowKey(row) === active?.key
  const found = active === undefined ? 0 : rows.findIndex(isActive)
  const activeRow = found >= 0 ? found : Math.min(active?.index ?? 0, rows.length - 1)
  const { start, end } = visibleRows(view.scrollTop, view.height, rowHeight, rows.length)

  useEffect(() => {
    const element = table.current
    if (element === null) return
    const observer = new ResizeObserver(() => setView({ scrollTop: element.scrollTop, height: element.clientHeight }))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  const lastKey = rows.length === 0 ? undefined : rowKey(rows[rows.length - 1] as Row)
  useEffect(() => {
    const element = table.current
    if (follow && element !== null && lastKey !== undefined) element.scrollTop = element.scrollHeight
  }, [follow, lastKey])

  const onScroll = () => {
    const element = table.current
    if (element === null) return
    setView({ scrollTop: element.scrollTop, height: element.clientHeight })
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - rowHeight
    const follows = followsAfterScroll(follow, { from: view.scrollTop, to: element.scrollTop, atEnd })
    if (follows !== follow) onFollowChange?.(follows)
  }
  const activate = (index: number) => {
    const row = rows[index]
    if (row !== undefined) setActive({ key: rowKey(row), index })
  }
  const choose = (index: number) => {
    const row = rows[index]
    if (row === undefined) return
    activate(index)
    onSelect(row)
  }
  const onClick = (event: MouseEvent) => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-row]') : null
    if (row !== null) choose(Number(row.dataset.row))
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.target !== event.currentTarget) return
    if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault()
      choose(activeRow)
      return
    }
    const next = rowAfterKey(event.key, activeRow, rows.length, Math.floor(view.height / rowHeight))
    const element = table.current
    if (next === undefined || element === null) return
    event.preventDefault()
    activate(next)
    element.scrollTop = scrollTopToShow(next, element.scrollTop, element.clientHeight - rowHeight, rowHeight)
  }

  const rowId = (index: number) => `${idBase}-${index}`
  const isDrawn = activeRow >= start && activeRow < end
  return (
    <table
      {...grid}
      {...(isDrawn ? { 'aria-activedescendant': rowId(activeRow) } : {})}
      className={styles.table}
      aria-label={label}
      aria-rowcount={rows.length + 1}
      style={sizes(columns, rowHeight)}
      ref={table}
      onScroll={onScroll}
      onClick={onClick}
      onKeyDown={onKeyDown}
    >
      <thead>
        <tr aria-rowindex={1}>
          {columns.map(column => (
            <SortableHeader key={column.id} {...column} sorting={sorting} onSort={onSort} />
          ))}
        </tr>
      </thead>
      <tbody style={{ paddingBlockStart: start * rowHeight, paddingBlockEnd: (rows.length - end) * rowHeight }}>
        {rows.slice(start, end).map((row, offset) => {
          const index = start + offset
          const key = rowKey(row)
          return (
            <tr
              key={key}
              id={rowId(index)}
              data-row={index}
              data-active={index === activeRow || undefined}
              aria-rowindex={index + 2}
              aria-selected={key === selected}
            >
              {columns.map(column => (
                <td key={column.id} data-secondary={column.secondary} data-align={column.align}>
                  {column.cell(row)}
                </td>
              ))}
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function sizes<Row, Id extends string>(columns: readonly Column<Row, Id>[], rowHeight: number): CSSProperties {
  const widths = (shown: readonly Column<Row, Id>[]) => shown.map(column => column.width).join(' ')
  const variables: Record<`--${string}`, string> = {
    '--columns': widths(columns),
    '--narrow-columns': widths(columns.filter(column => !column.secondary)),
    '--row-height': `${rowHeight}px`,
  }
  return variables
}
