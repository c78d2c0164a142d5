import { expect, it } from 'vitest'
import { inRows, textOfRows } from './reading-order.ts'

/** A line of words of 10 pixels a letter at `x`, in the row `row` of 40 pixels. */
function line(block: number, x: number, row: number, text: string) {
  let left = x
  const words = text.split(' ').map(word => {
    const box = { x0: left, y0: row * 40, x1: left + word.length * 10, y1: row * 40 + 24 }
    left = box.x1 + 10
    return { text: word, box, confidence: 0.9 }
  })
  return { block, words }
}

const rows = ['2 March', '5 March', '9 March']

it('reads columns of short lines side by side row by row, with tabs between cells', () => {
  const table = [
    line(1, 0, 0, 'Statement'),
    ...rows.map((text, at) => line(2, 0, 2 + at, text)),
    ...rows.map((_, at) => line(3, 400, 2 + at, `${at}.50`)),
  ]
  expect(textOfRows(inRows(table) ?? [])).toBe('Statement\n\n2 March\t0.50\n5 March\t1.50\n9 March\t2.50\n')
})

it('pairs labels with what stands beside them, each in a block of its own', () => {
  const form = [
    ...rows.map((text, at) => line(at, 0, at, text)),
    ...rows.map((_, at) => line(9 + at, 400, at, `v${at}`)),
  ]
  expect(inRows(form)?.map(group => group.map(cells => cells.map(words => words.at(-1)?.text)))).toEqual([
    [['March', 'v0']],
    [['March', 'v1']],
    [['March', 'v2']],
  ])
})

it('leaves prose in columns, pages in one column, and one line beside another alone', () => {
  const prose = [1, 2].flatMap(block =>
    rows.map((_, at) => line(block, block * 500, at, 'every line of prose has more words')),
  )
  expect(inRows(prose)).toBeUndefined()
  expect(inRows(rows.map((text, at) => line(1, 0, at, text)))).toBeUndefined()
  expect(inRows([line(1, 0, 0, 'Your letter'), line(2, 400, 0, '14 March')])).toBeUndefined()
  expect(inRows([])).toBeUndefined()
})
