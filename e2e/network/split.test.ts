import { describe, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { canMakeNamespaces } from '../support/site.ts'
import { splitAndHeal } from '../support/swarm/split-and-heal.ts'
import type { Swarm } from '../support/swarm/swarm.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: the network that is split and healed is not tested.')

/** A step of the turned clock: clocks that differ by more than a minute are taken for wrong. */
const stepMs = 15 * second

describe.skipIf(!possible).concurrent('a network in two halves that cannot hear each other', () => {
  it.each([
    ['1 minute', minute],
    ['10 minutes', 10 * minute],
  ])(
    'finds everybody again within 30 s after %s, without a restart',
    async (name, splitForMs) => {
      const apart = async (swarm: Swarm) => {
        for (let turnedMs = 0; turnedMs < splitForMs; turnedMs += stepMs) await swarm.turn(stepMs)
      }
      const tookMs = await splitAndHeal({ connectionCheckIntervalMs: 2 * second, apart })
      console.log(`after ${name} apart, on a turned clock, all found each other in ${tookMs} ms`)
    },
    150_000,
  )
})
