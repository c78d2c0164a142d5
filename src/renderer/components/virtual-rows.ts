/** Rows drawn beyond each end of the view, so that a quick scroll finds them there. */
const overscan = 8

export interface RowWindow {
  /** First row drawn. */
  start: number
  /** One behind the last row drawn. */
  end: number
}

/** The rows of a list with `count` rows of `rowHeight` that a view of `viewHeight` at `scrollTop` needs. */
export function visibleRows(scrollTop: number, viewHeight: number, rowHeight: number, count: number): RowWindow {
  const start = Math.max(0, Math.floor(scrollTop / rowHeight) - overscan)
  const end = Math.min(count, Math.ceil((scrollTop + viewHeight) / rowHeight) + overscan)
  return { start: Math.min(start, end), end }
}

/** Where to scroll so that `row` is fully in view; the present place when it is. */
export function scrollTopToShow(row: number, scrollTop: number, viewHeight: number, rowHeight: number): number {
  const top = row * rowHeight
  if (top < scrollTop) return top
  if (top + rowHeight > scrollTop + viewHeight) return top + rowHeight - viewHeight
  return scrollTop
}

/** The row a key moves to from `row`; undefined for a key that moves nothing. */
export function rowAfterKey(key: string, row: number, count: number, pageRows: number): number | undefined {
  const last = count - 1
  switch (key) {
    case 'ArrowDown':
      return Math.min(last, row + 1)
    case 'ArrowUp':
      return Math.max(0, row - 1)
    case 'PageDown':
      return Math.min(last, row + pageRows)
    case 'PageUp':
      return Math.max(0, row - pageRows)
    case 'Home':
      return 0
    case 'End':
      return last
    default:
      return undefined
  }
}

/**
 * Whether a view keeps to the end after a scroll. Rows that came in the meantime leave it short of the end, and a shorter
 * list moves it upwards to its own: only a scroll upwards and away from the end is the reader's wish.
 */
export function followsAfterScroll(
  follows: boolean,
  { from, to, atEnd }: { from: number; to: number; atEnd: boolean },
): boolean {
  return atEnd || (follows && to >= from)
}
