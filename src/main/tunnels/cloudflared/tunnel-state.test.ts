import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, second } from '../../../shared/units.ts'
import { nextTunnelStep, stopped, type TunnelAction, type TunnelEvent, type TunnelState } from './tunnel-state.ts'

const url = 'https://a-b-c.trycloudflare.com'
const well: TunnelEvent = { kind: 'checked', well: true, why: '' }
const unwell: TunnelEvent = { kind: 'checked', well: false, why: 'nobody gets through it' }
const exited = (code: number | null): TunnelEvent => ({ kind: 'exited', code, lastLine: 'its last words' })

/** Takes events one after the other; a number lets so many milliseconds pass. */
function live(...events: (TunnelEvent | number)[]) {
  let state: TunnelState = stopped
  let now = 0
  const actions: TunnelAction[] = []
  for (const event of events) {
    if (typeof event === 'number') {
      now += event
      continue
    }
    const step = nextTunnelStep(state, event, { now, random: 0 })
    state = step.state
    actions.push(...step.actions)
  }
  return { state, actions, now }
}

const tick: TunnelEvent = { kind: 'tick' }
const toReady: TunnelEvent[] = [{ kind: 'wanted' }, { kind: 'place', url }, well]

describe('a tunnel', () => {
  it('is named only once somebody came through it', () => {
    expect(live({ kind: 'wanted' }).actions).toEqual(['spawn'])
    expect(live({ kind: 'wanted' }, { kind: 'place', url }, unwell).state).toMatchObject({ kind: 'connecting', url })
    expect(live(...toReady).state).toMatchObject({ kind: 'ready', url })
  })

  it('that is not wanted any more is ended, from wherever it is', () => {
    expect(live(...toReady, { kind: 'unwanted' })).toMatchObject({
      state: { kind: 'stopped' },
      actions: ['spawn', 'end'],
    })
    expect(live({ kind: 'wanted' }, exited(1), { kind: 'unwanted' }).actions).toEqual(['spawn'])
  })

  it('begins again after it ended, each time later, up to ten minutes', () => {
    const delays: number[] = []
    let state: TunnelState = live({ kind: 'wanted' }).state
    for (let failure = 0; failure < 12; failure++) {
      state = nextTunnelStep(state, exited(1), { now: 0, random: 0 }).state
      if (state.kind !== 'backing-off') throw new Error(`expected it to back off, it is ${state.kind}`)
      delays.push(state.until)
      expect(nextTunnelStep(state, tick, { now: state.until - 1, random: 0 }).actions).toEqual([])
      const again = nextTunnelStep(state, tick, { now: state.until, random: 0 })
      expect(again.actions).toEqual(['spawn'])
      state = again.state
    }
    expect(delays.slice(0, 4)).toEqual([2, 4, 8, 16].map(each => each * second))
    expect(delays.at(-1)).toBe(10 * minute)
  })

  it('waits a quarter of an hour at least where the provider is asked too often', () => {
    const { state } = live({ kind: 'wanted' }, { kind: 'rate-limited' }, exited(1))
    expect(state).toMatchObject({ kind: 'backing-off', until: 15 * minute })
  })

  it('does not wait any longer, nor for an address any longer, where the clock was set back', () => {
    expect(live({ kind: 'wanted' }, exited(1), -60 * minute, tick).actions).toEqual(['spawn', 'spawn'])
    expect(live({ kind: 'wanted' }, -60 * minute, tick).state.kind).toBe('backing-off')
  })

  it('is not tried again where cloudflared does not take what it is told', () => {
    expect(live({ kind: 'wanted' }, exited(255), 60 * minute, tick)).toMatchObject({
      state: { kind: 'failed', why: 'it refused to start: its last words' },
      actions: ['spawn'],
    })
  })

  it('that tells no address, or that nobody gets through, is ended and begun again when it has', () => {
    const silent = live({ kind: 'wanted' }, 61 * second, tick)
    expect(silent).toMatchObject({ state: { kind: 'backing-off', ending: true }, actions: ['spawn', 'end'] })
    const waited = live({ kind: 'wanted' }, 61 * second, tick, 60 * second, tick)
    expect(waited.actions).toEqual(['spawn', 'end'])
    expect(live({ kind: 'wanted' }, 61 * second, tick, exited(0), 60 * second, tick).actions).toEqual([
      'spawn',
      'end',
      'spawn',
    ])
    expect(live({ kind: 'wanted' }, { kind: 'place', url }, 91 * second, unwell).state.kind).toBe('backing-off')
  })

  it('that worked may fail twice in a row, not three times', () => {
    expect(live(...toReady, unwell, unwell, well, unwell, unwell).state.kind).toBe('ready')
    expect(live(...toReady, unwell, unwell, unwell)).toMatchObject({
      state: { kind: 'backing-off', why: 'nobody gets through it' },
      actions: ['spawn', 'end'],
    })
  })

  it('with another URL has to be proven again', () => {
    const other = 'https://d-e-f.trycloudflare.com'
    expect(live(...toReady, { kind: 'place', url: other }).state).toMatchObject({ kind: 'connecting', url: other })
  })

  it('never runs twice, whatever happens', () => {
    const event = fc.constantFrom<TunnelEvent>(
      ...toReady,
      unwell,
      tick,
      { kind: 'unwanted' },
      { kind: 'rate-limited' },
      exited(1),
      exited(255),
    )
    fc.assert(
      fc.property(fc.array(fc.tuple(event, fc.integer({ min: 0, max: 20 * minute }))), steps => {
        let state: TunnelState = stopped
        let now = 0
        let running = 0
        for (const [next, afterMs] of steps) {
          now += afterMs
          // A program that does not run says nothing.
          if (running === 0 && ['exited', 'place', 'rate-limited'].includes(next.kind)) continue
          const step = nextTunnelStep(state, next, { now, random: 0.5 })
          if (next.kind === 'exited') running--
          state = step.state
          // Before it is begun again, whatever was told to end has.
          if (next.kind === 'unwanted') running = 0
          if (step.actions.includes('spawn')) expect(++running).toBe(1)
        }
      }),
    )
  })
})
