import { describe, expect, it } from 'vitest'
import { Lifecycle } from './lifecycle.ts'

function part(name: string, events: string[], failing: { start?: boolean; stop?: boolean } = {}) {
  return {
    start() {
      if (failing.start) throw new Error(`${name} cannot start`)
      events.push(`${name} started`)
    },
    stop() {
      events.push(`${name} stopped`)
      if (failing.stop) throw new Error(`${name} cannot stop`)
    },
  }
}

describe('lifecycle', () => {
  it('starts in order and stops in reverse, again and again', async () => {
    const events: string[] = []
    const lifecycle = new Lifecycle()
    lifecycle.add('a', part('a', events))
    lifecycle.add('b', part('b', events))
    const round = ['a started', 'b started', 'b stopped', 'a stopped']
    for (let times = 0; times < 2; times++) {
      await lifecycle.start()
      await lifecycle.stop()
    }
    expect(events).toEqual([...round, ...round])
  })

  it('stops what had started when a later part cannot start', async () => {
    const events: string[] = []
    const lifecycle = new Lifecycle()
    lifecycle.add('a', part('a', events))
    lifecycle.add('b', part('b', events, { start: true }))
    lifecycle.add('c', part('c', events))
    await expect(lifecycle.start()).rejects.toThrow('b cannot start')
    expect(events).toEqual(['a started', 'a stopped'])
  })

  it('stops everything else when one part cannot stop, and says which', async () => {
    const events: string[] = []
    const lifecycle = new Lifecycle()
    lifecycle.add('a', part('a', events))
    lifecycle.add('b', part('b', events, { stop: true }))
    await lifecycle.start()
    await expect(lifecycle.stop()).rejects.toMatchObject({ errors: [{ message: 'b did not stop cleanly' }] })
    expect(events.at(-1)).toBe('a stopped')
  })
})
