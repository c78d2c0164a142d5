import { expect, it, vi } from 'vitest'
import { second } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import { StallWatch } from './stall-watch.ts'

function setUp() {
  const clock = new TurnedClock()
  const onStall = vi.fn()
  return { clock, onStall, watch: new StallWatch({ clock }, { limitMs: 10 * second, onStall }) }
}

it('silence is noticed once it has lasted too long', () => {
  const { clock, onStall } = setUp()
  clock.turn(10 * second - 1)
  expect(onStall).not.toHaveBeenCalled()
  clock.turn(1)
  expect(onStall).toHaveBeenCalledOnce()
})

it('while anybody is waited for nothing counts, and afterwards time counts anew', () => {
  const { clock, onStall, watch } = setUp()
  clock.turn(9 * second)
  watch.waitFor('requester')
  watch.waitFor('reader')
  clock.turn(60 * second)
  watch.hasActed('requester')
  watch.waitFor('requester')
  watch.hasActed('requester')
  clock.turn(60 * second)
  watch.hasActed('reader')
  clock.turn(10 * second - 1)
  expect(onStall).not.toHaveBeenCalled()
  clock.turn(1)
  expect(onStall).toHaveBeenCalledOnce()
})

it('who was not waited for gives the server no more time', () => {
  const { clock, onStall, watch } = setUp()
  clock.turn(9 * second)
  watch.hasActed('requester')
  clock.turn(second)
  expect(onStall).toHaveBeenCalledOnce()
})

it('nothing is noticed after the end, whoever acts then', () => {
  const { clock, onStall, watch } = setUp()
  watch.waitFor('requester')
  watch.end()
  watch.hasActed('requester')
  clock.turn(60 * second)
  expect(onStall).not.toHaveBeenCalled()
})
