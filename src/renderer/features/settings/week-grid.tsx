import { type KeyboardEvent, type PointerEvent, useRef, useState } from 'react'
import { type Cell, cellState, painted, type WeekPlan } from '../../../shared/week-plan.ts'
import { formatDayName, formatHour } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './week-grid.module.css'

const days = [0, 1, 2, 3, 4, 5, 6]
const hours = Array.from({ length: 24 }, (_, hour) => hour)

/** The table is a grid in the words of ARIA: its cells are moved through and chosen. */
const grid = { role: 'grid', 'aria-multiselectable': true } as const
const gridcell = (selected: boolean) => ({ role: 'gridcell', 'aria-selected': selected }) as const

interface WeekGridProps {
  plan: WeekPlan
  onChange: (plan: WeekPlan) => void
  /** The hour it is now, to find one's way by. */
  now: Cell | undefined
}

/** A stroke under way: from a cell to another, opening or closing what is between. */
interface Stroke {
  from: Cell
  open: boolean
  before: WeekPlan
}

/**
 * The hours of a week as a grid. Dragging paints a rectangle; with the keyboard arrows move, Space turns an hour over, and
 * Shift with arrows paints on from it.
 */
export function WeekGrid({ plan, onChange, now }: WeekGridProps) {
  const [focused, setFocused] = useState<Cell>({ day: 0, hour: 0 })
  const [stroke, setStroke] = useState<Stroke>()
  const table = useRef<HTMLTableElement>(null)
  const words = strings.settings.week

  const begin = (cell: Cell): Stroke => ({ from: cell, open: cellState(plan, cell) !== 'open', before: plan })
  const paint = (under: Stroke, to: Cell) => onChange(painted(under.before, under.from, to, under.open))
  const focus = (cell: Cell) => {
    setFocused(cell)
    table.current?.querySelector<HTMLElement>(`[data-day="${cell.day}"][data-hour="${cell.hour}"]`)?.focus()
  }

  const onPointerDown = (event: PointerEvent<HTMLTableElement>) => {
    const cell = cellOf(event.target)
    if (cell === undefined || event.button !== 0) return
    event.preventDefault()
    event.currentTarget.setPointerCapture(event.pointerId)
    const started = begin(cell)
    setStroke(started)
    paint(started, cell)
    focus(cell)
  }
  const onPointerMove = (event: PointerEvent<HTMLTableElement>) => {
    if (stroke === undefined || event.buttons === 0) return
    const cell = cellOf(document.elementFromPoint(event.clientX, event.clientY))
    if (cell !== undefined) paint(stroke, cell)
  }
  const onKeyDown = (event: KeyboardEvent<HTMLTableElement>) => {
    if (event.key === ' ' || event.key === 'Enter') {
      event.preventDefault()
      const started = begin(focused)
      setStroke(started)
      paint(started, focused)
      return
    }
    const to = moved(focused, event.key)
    if (to === undefined) return
    event.preventDefault()
    if (event.shiftKey) {
      // Goes on with what the last stroke did, or begins one where the focus is.
      const under = stroke ?? begin(focused)
      setStroke(under)
      paint(under, to)
    } else {
      setStroke(undefined)
    }
    focus(to)
  }
  return (
    <div className={styles.scroll}>
      <table
        ref={table}
        className={styles.week}
        {...grid}
        aria-label={words.label}
        aria-describedby="week-keys"
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => setStroke(undefined)}
        onKeyDown={onKeyDown}
      >
        <thead>
          <tr>
            <td />
            {hours.map(hour => (
              <th key={hour} scope="col">
                {hour % 3 === 0 ? formatHour(hour) : <span className="unseen">{formatHour(hour)}</span>}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {days.map(day => (
            <tr key={day}>
              <th scope="row">
                <span aria-hidden>{formatDayName(day, 'short')}</span>
                <span className="unseen">{formatDayName(day, 'long')}</span>
              </th>
              {hours.map(hour => {
                const state = cellState(plan, { day, hour })
                return (
                  <td
                    key={hour}
                    {...gridcell(state !== 'closed')}
                    className={styles.hour}
                    data-day={day}
                    data-hour={hour}
                    data-state={state}
                    data-now={(now?.day === day && now.hour === hour) || undefined}
                    aria-label={words.cell({
                      day: formatDayName(day, 'long'),
                      from: formatHour(hour),
                      to: formatHour(hour + 1),
                      state,
                    })}
                    tabIndex={focused.day === day && focused.hour === hour ? 0 : -1}
                  />
                )
              })}
            </tr>
          ))}
        </tbody>
      </table>
      <p id="week-keys" className={styles.keys}>
        {words.keys}
      </p>
    </div>
  )
}

function cellOf(target: EventTarget | null): Cell | undefined {
  if (!(target instanceof HTMLElement)) return undefined
  const { day, hour } = target.dataset
  return day === undefined || hour === undefined ? undefined : { day: Number(day), hour: Number(hour) }
}

/** Where a key leads; undefined for keys that lead nowhere. */
function moved({ day, hour }: Cell, key: string): Cell | undefined {
  switch (key) {
    case 'ArrowLeft':
      return { day, hour: Math.max(0, hour - 1) }
    case 'ArrowRight':
      return { day, hour: Math.min(23, hour + 1) }
    case 'ArrowUp':
      return { day: Math.max(0, day - 1), hour }
    case 'ArrowDown':
      return { day: Math.min(6, day + 1), hour }
    case 'Home':
      return { day, hour: 0 }
    case 'End':
      return { day, hour: 23 }
    case 'PageUp':
      return { day: 0, hour }
    case 'PageDown':
      return { day: 6, hour }
  }
  return undefined
}
