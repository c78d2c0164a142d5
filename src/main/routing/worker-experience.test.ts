import { describe, expect, it } from 'vitest'
import { TurnedClock } from '../clock.ts'
import { WorkerExperience } from './worker-experience.ts'

function setUp() {
  const clock = new TurnedClock()
  return { clock, experience: new WorkerExperience({ clock }) }
}

describe('experience of a worker', () => {
  it('averages the last ten answers', () => {
    const { experience } = setUp()
    for (let index = 0; index < 15; index++) {
      experience.sent('w')
      experience.answered('w', index < 5 ? 10_000 : 100, 'direct')
    }
    expect(experience.of('w')).toEqual({ inFlight: 0, latencyMs: 100, path: 'direct', avoided: false })
  })

  it('counts requests in flight until they are settled', () => {
    const { experience } = setUp()
    experience.sent('w')
    experience.sent('w')
    experience.refused('w')
    expect(experience.of('w').inFlight).toBe(1)
  })

  it('avoids a worker after two failures in a row, then lets one request probe it', () => {
    const { clock, experience } = setUp()
    const fail = () => {
      experience.sent('w')
      experience.failed('w')
    }
    fail()
    expect(experience.of('w').avoided).toBe(false)
    fail()
    expect(experience.of('w').avoided).toBe(true)
    clock.turn(5_000)
    expect(experience.of('w').avoided).toBe(false)
    experience.sent('w')
    expect(experience.of('w').avoided).toBe(true)
    experience.answered('w', 50, 'direct')
    expect(experience.of('w').avoided).toBe(false)
  })

  it('rests longer after each failed probe', () => {
    const { clock, experience } = setUp()
    for (let index = 0; index < 3; index++) {
      experience.sent('w')
      experience.failed('w')
    }
    clock.turn(9_999)
    expect(experience.of('w').avoided).toBe(true)
    clock.turn(1)
    expect(experience.of('w').avoided).toBe(false)
  })
})
