import { describe, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { canMakeNamespaces } from '../support/site.ts'
import { splitAndHeal } from '../support/swarm/split-and-heal.ts'
import { eventually } from '../support/swarm/swarm.ts'

const possible = canMakeNamespaces()
if (!possible) console.log('Not root: the network that is split and healed is not tested.')

const reportEveryMs = 15 * second

/** As the shorter test, but on the clock on the wall and with the timing of real nodes, libp2p's own included. */
describe.skipIf(!possible).concurrent('a network in two halves that cannot hear each other', () => {
  it.each([
    ['1 minute', minute],
    ['10 minutes', 10 * minute],
  ])(
    'finds everybody again within 30 s after %s, without a restart',
    async (name, splitForMs) => {
      const tookMs = await splitAndHeal({ apart: () => waitWithProgress(name, splitForMs) })
      console.log(`after ${name} apart all found each other in ${tookMs} ms`)
    },
    20 * minute,
  )
})

async function waitWithProgress(name: string, forMs: number): Promise<void> {
  const startedAt = Date.now()
  let reportAt = startedAt
  await eventually(async () => {
    const passedMs = Date.now() - startedAt
    if (Date.now() >= reportAt) {
      console.log(`${name}: ${Math.round(passedMs / second)} s apart`)
      reportAt += reportEveryMs
    }
    if (passedMs < forMs) throw new Error(`the halves were apart for ${passedMs} ms only`)
  }, forMs + minute)
}
