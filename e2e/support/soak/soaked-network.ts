import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { z } from 'zod'
import { systemClock } from '../../../src/main/clock.ts'
import { second } from '../../../src/shared/units.ts'
import { atRate } from '../at-rate.ts'
import type { NodeProcess } from '../node-process.ts'
import { ask, RoutedSwarm } from '../routed-swarm.ts'
import { createMember, draftOf } from '../swarm/member.ts'
import { eventually } from '../swarm/swarm.ts'

const asksPerSecond = 10
/** One newcomer in so many requests. */
const asksPerNewcomer = 20
const deadlineMs = 5 * second
const workMs = 20
/** The network that members of tests are in. */
const network = ['--network', 'swarm']

const retainedSchema = z.object({
  rssMiB: z.number(),
  retainedMiB: z.number(),
  resources: z.number(),
  fds: z.number(),
})
/** What a process holds: resident, and of its heap and buffers what a collection has left. */
export type Retained = z.infer<typeof retainedSchema>

export interface Served {
  sent: number
  answered: number
  newcomers: number
  came: number
  failures: string[]
  latencies: number[]
}

/** Two built nodes, one of whom asks the other all the time, and neighbours who come, announce something, and go. */
export class SoakedNetwork {
  readonly #swarm: RoutedSwarm
  readonly #nodes: readonly NodeProcess[]

  private constructor(swarm: RoutedSwarm, nodes: readonly NodeProcess[]) {
    this.#swarm = swarm
    this.#nodes = nodes
  }

  static async start(): Promise<SoakedNetwork> {
    const swarm = await RoutedSwarm.make()
    try {
      const env = {
        NODE_OPTIONS: `--import=${pathToFileURL(join(import.meta.dirname, 'retained.mjs'))}`,
      }
      const requester = await swarm.node('requester', { args: network, env })
      const donor = await swarm.worker(
        'donor',
        { ocr: { path: '/work/donor', idempotent: true } },
        { args: network, env },
      )
      swarm.upstream.workMs = workMs
      await swarm.known(requester, 'ocr', [donor])
      return new SoakedNetwork(swarm, [requester, donor])
    } catch (error) {
      await swarm.remove()
      throw error
    }
  }

  stop(): Promise<void> {
    return this.#swarm.remove()
  }

  /** The requester's and the donor's. */
  async retained(): Promise<{ requester: Retained; donor: Retained }> {
    const [requester, donor] = await Promise.all(this.#nodes.map(node => node.ask({ look: true })))
    return { requester: retainedSchema.parse(requester), donor: retainedSchema.parse(donor) }
  }

  async serve(forMs: number): Promise<Served> {
    const served: Served = { sent: 0, answered: 0, newcomers: 0, came: 0, failures: [], latencies: [] }
    await atRate({ perSecond: asksPerSecond, forMs }, round => [
      this.#ask(served),
      ...(round % asksPerNewcomer === 0 ? [this.#come(served)] : []),
    ])
    // The server's own notes are none of the nodes' memory, but of this machine's.
    this.#swarm.upstream.runs.length = 0
    return served
  }

  async #ask(served: Served): Promise<void> {
    const [requester] = this.#nodes
    if (requester === undefined) return
    served.sent++
    try {
      const { status, body, tookMs } = await ask(requester, { service: 'ocr', body: 'a letter', deadlineMs })
      if (status !== 200) throw new Error(`${status} ${body.slice(0, 200)}`)
      served.answered++
      served.latencies.push(tookMs)
    } catch (error) {
      served.failures.push(String(error))
    }
  }

  async #come(served: Served): Promise<void> {
    served.newcomers++
    const seeds = (await Promise.all(this.#nodes.map(node => node.runtime()))).flatMap(({ addresses }) => addresses)
    const member = await createMember({ listen: '127.0.0.1', seeds, mode: 'client' }, systemClock)
    try {
      await member.start()
      member.directory.announcer.update(draftOf('chat'))
      await eventually(async () => {
        if (member.directory.announcer.heldBy === 0) throw new Error('nobody holds its record')
      }, deadlineMs)
      served.came++
    } catch (error) {
      served.failures.push(`a newcomer: ${String(error)}`)
    } finally {
      await member.stop()
    }
  }
}
