import { env } from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { minute, second } from '../../src/shared/units.ts'
import { nextMishap } from '../support/faults/fault-schedule.ts'
import { FaultySwarm } from '../support/faults/faulty-swarm.ts'
import { Mishaps } from '../support/faults/mishaps.ts'
import { percentile } from '../support/floods/flooded-network.ts'
import { report } from '../support/long-report.ts'
import { ask } from '../support/routed-swarm.ts'
import { seededRandom } from '../support/scripted-node.ts'

const forMs = Number(env.FAULT_MINUTES ?? 5) * minute
const seed = Number(env.FAULT_SEED ?? Date.now() % 1_000_000_000)
const requesters = ['requester-1', 'requester-2']
const workers = ['a', 'b', 'c', 'd', 'e']
const registrars = ['x', 'y', 'z']
/** So long things go wrong, up to so many at once; then they may come to rest. */
const roundMs = 20 * second
const mishapEveryMs = 3 * second
const askEveryMs = 250
const deadlineMs = 8 * second
/** Past its deadline an answer may be on its way for so long, on a machine that does much else. */
const graceMs = 2 * second
const recoversWithinMs = 15 * second
const inARow = 10
const expectedCodes = new Set(['NO_WORKER', 'WORKER_LOST', 'DEADLINE', 'BUSY', 'OUTCOME_NOT_KEPT', 'CANCELLED'])

let swarm: FaultySwarm
let mishaps: Mishaps

beforeAll(async () => {
  swarm = await FaultySwarm.make(seed)
  mishaps = new Mishaps(swarm)
  for (const name of requesters) await mishaps.add(name, () => swarm.node(name))
  for (const name of registrars) await mishaps.add(name, () => swarm.node(name))
  for (const name of workers) await mishaps.add(name, () => swarm.worker(name))
  for (const name of requesters)
    await swarm.routed.known(
      mishaps.node(name),
      'ocr',
      workers.map(each => mishaps.node(each)),
    )
}, 3 * minute)
afterAll(() => swarm.remove())

interface Ended {
  code: string
  late: boolean
}

it(
  `answers or says why not, in time, whatever befalls ten nodes for ${forMs / minute} minutes, and recovers within seconds`,
  async () => {
    const random = seededRandom(seed)
    const ended: Ended[] = []
    const recoveries: number[] = []
    const befallen: Record<string, number> = {}
    swarm.routed.upstream.workMs = 100
    const endAt = performance.now() + forMs
    for (let round = 0; performance.now() < endAt; round++) {
      const roundEndsAt = performance.now() + roundMs
      const asking = requesters.map(name => askUntil(roundEndsAt, name, `${round}`, ended))
      while (performance.now() < roundEndsAt) {
        const mishap = nextMishap({ mortal: [...workers, ...registrars], all: mishaps.names }, random)
        befallen[mishap.kind] = (befallen[mishap.kind] ?? 0) + 1
        mishaps.begin(mishap)
        await delay(random() * 2 * mishapEveryMs)
      }
      await mishaps.end()
      const healedAt = performance.now()
      await Promise.all(asking)
      const took = await Promise.all(requesters.map(name => recovered(name, healedAt, `${round}`)))
      recoveries.push(...took)
      console.log(
        `faults, seed ${seed}: round ${round}, ${ended.length} requests, ${JSON.stringify(counted(ended))}, recovered in ${took.map(ms => ms.toFixed(0)).join(' and ')} ms`,
      )
    }
    const twice = [...swarm.routed.upstream.counts()].filter(([body, count]) => body.startsWith('letters') && count > 1)
    const codes = counted(ended)
    report({
      title: 'Faults',
      ranWith: { command: 'npm run test:long -- e2e/network/faults', seed, minutes: forMs / minute },
      figures: {
        'what went wrong': Object.entries(befallen)
          .map(([kind, count]) => `${count} × ${kind}`)
          .join(', '),
        'requests meanwhile': ended.length,
        'how they ended': Object.entries(codes)
          .map(([code, count]) => `${count} × ${code}`)
          .join(', '),
        'ended after their deadline': ended.filter(({ late }) => late).length,
        'run twice that must not be': twice.length,
        'recovered in, p50 and most': `${percentile(recoveries, 0.5).toFixed(0)} and ${Math.max(...recoveries).toFixed(0)} ms`,
      },
    })
    expect(Object.keys(codes).filter(code => code !== 'answered' && !expectedCodes.has(code))).toEqual([])
    expect(ended.filter(({ late }) => late)).toEqual([])
    expect(twice).toEqual([])
    expect(Math.max(...recoveries)).toBeLessThanOrEqual(recoversWithinMs)
  },
  forMs + 5 * minute,
)

async function askUntil(endAt: number, name: string, round: string, ended: Ended[]): Promise<void> {
  const running: Promise<void>[] = []
  for (let index = 0; performance.now() < endAt; index++) {
    running.push(askOnce(name, `${round}-${index}`, ended))
    await delay(askEveryMs)
  }
  await Promise.all(running)
}

async function askOnce(name: string, what: string, ended: Ended[]): Promise<void> {
  const service = ended.length % 2 === 0 ? 'ocr' : 'letters'
  const body = `${service} ${name} ${what}`
  const startedAt = performance.now()
  const code = await codeOf(name, service, body)
  ended.push({ code, late: performance.now() - startedAt > deadlineMs + graceMs })
}

async function codeOf(name: string, service: string, body: string): Promise<string> {
  try {
    const answer = await ask(mishaps.node(name), { service, body, deadlineMs })
    if (answer.status === 200) return answer.body === body ? 'answered' : 'another answer'
    return JSON.parse(answer.body).error.code
  } catch (error) {
    return `no answer: ${String(error)}`
  }
}

/** How long after everything was well again the last of so many in a row was asked that were all answered. */
async function recovered(name: string, since: number, round: string): Promise<number> {
  for (let first = since, good = 0, index = 0; ; index++) {
    const askedAt = performance.now()
    const code = await codeOf(name, index % 2 === 0 ? 'ocr' : 'letters', `after ${name} ${round}-${index}`)
    if (code !== 'answered') {
      good = 0
      first = performance.now()
    } else if (++good === inARow) return first - since
    if (askedAt - since > 2 * recoversWithinMs) return askedAt - since
  }
}

function counted(ended: readonly Ended[]): Record<string, number> {
  const counts: Record<string, number> = {}
  for (const { code } of ended) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
