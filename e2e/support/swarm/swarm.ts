import { vi } from 'vitest'
import { second } from '../../../src/shared/units.ts'
import type { MemberInit } from './member.ts'
import { type SwarmMember, SwarmProcess, type SwarmProcessInit } from './swarm-process.ts'

/** Members started together: more would fight over the processor of one machine until their dials time out. */
const startedAtOnce = 4

/** All processes and members of one test, so that they end together. */
export class Swarm {
  readonly members: SwarmMember[] = []
  readonly #processes: SwarmProcess[] = []

  process(init: SwarmProcessInit = {}): SwarmProcess {
    const process = new SwarmProcess(init)
    this.#processes.push(process)
    return process
  }

  /**
   * Starts members, in the given processes in turn, and waits until each has a peer. The first one of the swarm is the
   * seed of those that name none.
   */
  async add(processes: readonly SwarmProcess[], inits: readonly MemberInit[]): Promise<SwarmMember[]> {
    const added: SwarmMember[] = []
    while (added.length < inits.length) {
      const size = this.members.length === 0 ? 1 : startedAtOnce
      const seeds = this.members[0]?.addresses ?? []
      const batch = await Promise.all(
        inits.slice(added.length, added.length + size).map((init, index) => {
          const process = processes[(added.length + index) % processes.length]
          if (process === undefined) throw new Error('expected at least one process')
          return process.member({ seeds: [...seeds], ...init })
        }),
      )
      if (this.members.length > 0) await Promise.all(batch.map(hasPeer))
      this.members.push(...batch)
      added.push(...batch)
    }
    return added
  }

  async turn(byMs: number): Promise<void> {
    await Promise.all(this.#processes.map(process => process.turn(byMs)))
  }

  async end(): Promise<void> {
    await Promise.all(this.#processes.map(process => process.kill()))
  }
}

async function hasPeer(member: SwarmMember): Promise<void> {
  await eventually(async () => {
    if ((await member.state()).registrars === 0) throw new Error(`${member.peerId} has met nobody`)
  }, 15 * second)
}

/** Tries until `check` holds; rejects with its last failure after `withinMs`. Resolves with the time it took. */
export async function eventually(check: () => Promise<void>, withinMs: number): Promise<number> {
  const startedAt = Date.now()
  await vi.waitFor(check, { timeout: withinMs, interval: 100 })
  return Date.now() - startedAt
}

export function idsOf(members: readonly SwarmMember[]): string[] {
  return members.map(({ peerId }) => peerId).sort()
}
