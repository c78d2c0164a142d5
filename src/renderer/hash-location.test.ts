import { expect, it } from 'vitest'
import { parseHash } from './hash-location.ts'

it.each([
  ['', '', false],
  ['#/', '', false],
  ['#/topology', 'topology', false],
  ['#topology', 'topology', false],
  ['#/topology?window=1', 'topology', true],
  ['#/topology?window=0', 'topology', false],
  ['#/logs?window=1&more=2', 'logs', true],
])('reads %j as a page and whether it has a window of its own', (hash, path, ownWindow) => {
  expect(parseHash(hash)).toEqual({ path, ownWindow })
})
