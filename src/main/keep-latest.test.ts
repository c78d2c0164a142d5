import { expect, it } from 'vitest'
import { keepLatest } from './keep-latest.ts'

it('holds those that were put last, in that order, each once', () => {
  const map = new Map<string, number>()
  for (const [index, key] of ['a', 'b', 'a', 'c'].entries()) keepLatest(map, key, index, 2)
  expect([...map]).toEqual([
    ['a', 2],
    ['c', 3],
  ])
  keepLatest(map, 'd', 4, 1)
  expect([...map]).toEqual([['d', 4]])
})
