import { describe, expect, it } from 'vitest'
import { linesOf, scaledBox } from './tesseract-words.ts'

const table = [
  '1\t1\t0\t0\t0\t0\t0\t0\t1240\t1754\t-1\t',
  '4\t1\t1\t1\t1\t0\t123\t137\t246\t23\t-1\t',
  '5\t1\t1\t1\t1\t1\t123\t138\t37\t22\t96.01\tMs',
  '5\t1\t1\t1\t1\t2\t171\t137\t55\t23\t-1\tAda',
  '5\t1\t1\t1\t1\t3\t171\t137\t55\t23\t95\t ',
  '',
].join('\n')

describe('linesOf', () => {
  it('takes words with their boxes and keeps confidences between 0 and 1', () => {
    expect(linesOf(table)).toEqual([
      {
        block: 1,
        words: [
          { text: 'Ms', box: { x0: 123, y0: 138, x1: 160, y1: 160 }, confidence: 0.9601 },
          { text: 'Ada', box: { x0: 171, y0: 137, x1: 226, y1: 160 }, confidence: 0 },
        ],
      },
    ])
  })

  it('gives boxes in pixels of the page as sent when it was scaled down to be read', () => {
    expect(scaledBox({ x0: 123, y0: 138, x1: 160, y1: 160 }, 2)).toEqual({ x0: 246, y0: 276, x1: 320, y1: 320 })
  })

  it('finds no words in an empty page', () => {
    expect(linesOf('')).toEqual([])
  })
})
