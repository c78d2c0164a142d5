import { afterEach, beforeEach, expect, it } from 'vitest'
import { hour, minute } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import { failureOf } from '../testing/test-host.ts'
import { complete } from './completion.ts'
import { StandInEngine } from './testing/stand-in-engine.ts'

let engine: StandInEngine
beforeEach(async () => {
  engine = await StandInEngine.start()
})
afterEach(() => engine.stop())

function ask() {
  const clock = new TurnedClock()
  const request = { url: engine.url, model: 'tiny-1b', ask: { prompt: 'Good' }, parameters: {}, stallMs: 2 * minute }
  return { clock, pieces: complete(request, { clock, signal: new AbortController().signal }) }
}

it('an engine that says nothing is given up', async () => {
  engine.manner = { kind: 'silent' }
  const { clock, pieces } = ask()
  const failure = failureOf(pieces.next())
  clock.turn(2 * minute)
  expect(await failure).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'hang' } })
})

it('an engine is not blamed for a clock that was set forward', async () => {
  engine.manner = { kind: 'well', words: ['Good', ' mor', 'ning'], everyMs: 100 }
  const { clock, pieces } = ask()
  expect((await pieces.next()).value).toEqual({ text: 'Good' })
  const next = pieces.next()
  clock.set(hour)
  clock.turn(0.5 * minute)
  expect((await next).value).toEqual({ text: ' mor' })
})

it('an engine is not blamed for a reader who takes their time, but for its own silence after that', async () => {
  engine.manner = { kind: 'well', words: ['Good', ' mor', 'ning'], everyMs: 100 }
  const { clock, pieces } = ask()
  expect((await pieces.next()).value).toEqual({ text: 'Good' })
  clock.turn(10 * minute)
  expect((await pieces.next()).value).toEqual({ text: ' mor' })
  const failure = failureOf(pieces.next())
  clock.turn(1.5 * minute)
  clock.turn(minute)
  expect(await failure).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'hang' } })
})
