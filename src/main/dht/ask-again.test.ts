import { expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { askAgainAfter } from './ask-again.ts'

it('leaves a peer alone the longer the more often it was asked in vain', () => {
  expect([1, 2, 3, 4, 20].map(askAgainAfter)).toEqual([15 * second, 1 * minute, 4 * minute, 10 * minute, 10 * minute])
})
