import { expect, it } from 'vitest'
import { Shares } from './shares.ts'

it('lets each holder have so many, and others theirs', () => {
  const shares = new Shares(2)
  const taken = ['a', 'a', 'a', 'b'].map(holder => shares.take(holder))
  expect(taken.map(each => each !== undefined)).toEqual([true, true, false, true])
})

it('takes one back, however often it is given', () => {
  const shares = new Shares(2)
  const [giveBack] = [shares.take('a'), shares.take('a')]
  giveBack?.()
  giveBack?.()
  expect(shares.take('a')).toBeDefined()
  expect(shares.take('a')).toBeUndefined()
})
