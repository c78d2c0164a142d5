import { expect, it, vi } from 'vitest'
import { remembering } from './remembering.ts'

it('finds an outcome out once, as long as it is one of the last', () => {
  const lengthOf = vi.fn((text: string) => ({ length: text.length }))
  const remembered = remembering(lengthOf, 2)
  const first = remembered('one')
  expect(first).toEqual({ length: 3 })
  expect(remembered('one')).toBe(first)
  remembered('three')
  remembered('seven')
  expect(lengthOf).toHaveBeenCalledTimes(3)
  expect(remembered('one')).not.toBe(first)
  expect(remembered('seven')).toEqual({ length: 5 })
  expect(lengthOf).toHaveBeenCalledTimes(4)
})

it('remembers nothing of what cannot be found out', () => {
  const remembered = remembering(text => {
    if (text === 'no number') throw new Error(text)
    return Number(text)
  }, 2)
  for (let again = 0; again < 2; again++) expect(() => remembered('no number')).toThrow('no number')
  expect(remembered('7')).toBe(7)
})
