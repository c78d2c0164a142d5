import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { multiaddr } from '@multiformats/multiaddr'
import { LightServices } from '../../../bench/routing/light-services.ts'
import { benchToken, type RoutingNode, startRoutingNode } from '../../../bench/routing/routing-node.ts'
import { systemClock } from '../../../src/main/clock.ts'
import { second } from '../../../src/shared/units.ts'
import { atRate } from '../at-rate.ts'
import { createMember, type Member } from '../swarm/member.ts'
import { eventually } from '../swarm/swarm.ts'
import { type AttackInit, type AttackWord, type Flood, floodedService, type VictimWord } from './flood-words.ts'

const programs = {
  attack: fileURLToPath(new URL('./attack-child.ts', import.meta.url)),
  victim: fileURLToPath(new URL('./victim-child.ts', import.meta.url)),
}
const listen = '127.0.0.1'
const asksPerSecond = 20
const deadlineMs = 5 * second

export interface Honest {
  sent: number
  answered: number
  /** Newcomers that connected. */
  came: number
  newcomers: number
  failures: string[]
  latencies: number[]
}

/** A donor in a process of its own, somebody who asks it, and whoever attacks it, each from addresses of their own. */
export class FloodedNetwork {
  readonly #children: ChildProcess[] = []
  readonly #members: Member[] = []
  readonly #requests: RoutingNode[] = []
  #victim: ChildProcess | undefined
  #at: { peerId: string; addresses: string[] } = { peerId: '', addresses: [] }
  #nextAddress = 2

  async start(): Promise<void> {
    this.#victim = this.#fork('victim', { listen })
    this.#at = await this.#word<VictimWord, 'ready'>(this.#victim, 'ready')
    const asker = await this.#member()
    const services = new LightServices({ slots: 1, bound: 1, workMs: 0, answer: 'echo' })
    services.setOffered(false)
    this.#requests.push(await startRoutingNode({ host: asker.host, services, workers: asker.directory.cache }))
    await eventually(async () => {
      const { status, body } = await this.#ask()
      if (status !== 200) throw new Error(`the donor answers ${status}: ${body}`)
    }, 20 * second)
  }

  async stop(): Promise<void> {
    for (const child of this.#children) child.kill('SIGKILL')
    for (const requests of this.#requests) await requests.stop()
    for (const member of this.#members) await member.stop()
  }

  /** Begins a flood from so many addresses; resolves with what ends it and says how much it was. */
  async attack(flood: Flood, addresses: number): Promise<() => Promise<{ attempts: number; refused: number }>> {
    const from = Array.from({ length: addresses }, () => `127.0.0.${this.#nextAddress++}`)
    const { nodeAddress } = this
    const init: AttackInit = { flood, peerId: this.#at.peerId, address: nodeAddress, from }
    const child = this.#fork('attack', init)
    await this.#word<AttackWord, 'begun'>(child, 'begun')
    return async () => {
      const answer = this.#word<AttackWord, 'figures'>(child, 'figures')
      child.send({})
      const { attempts, refused } = await answer
      child.kill('SIGKILL')
      return { attempts, refused }
    }
  }

  get nodeAddress(): { host: string; port: number } {
    const [, port] = multiaddr(this.#at.addresses[0] ?? '').getComponents()
    return { host: listen, port: Number(port?.value) }
  }

  async figures(): Promise<Extract<VictimWord, { kind: 'figures' }>> {
    if (this.#victim === undefined) throw new Error('there is no donor yet')
    const answer = this.#word<VictimWord, 'figures'>(this.#victim, 'figures')
    this.#victim.send({})
    return await answer
  }

  /** What an honest requester gets for so long, and newcomers, one each second. */
  async honest(forMs: number): Promise<Honest> {
    const honest: Honest = { sent: 0, answered: 0, came: 0, newcomers: 0, failures: [], latencies: [] }
    await atRate({ perSecond: asksPerSecond, forMs }, round => [
      this.#askOnce(honest),
      ...(round % asksPerSecond === 0 ? [this.#come(honest)] : []),
    ])
    return honest
  }

  async #askOnce(honest: Honest): Promise<void> {
    honest.sent++
    const startedAt = performance.now()
    try {
      const { status, body } = await this.#ask()
      if (status !== 200) throw new Error(`${status} ${body.slice(0, 200)}`)
      honest.answered++
      honest.latencies.push(performance.now() - startedAt)
    } catch (error) {
      honest.failures.push(String(error))
    }
  }

  /** Somebody new connects, as a node that starts does: it tries again until its time is up. */
  async #come(honest: Honest): Promise<void> {
    honest.newcomers++
    const member = await this.#member([])
    try {
      await eventually(async () => {
        await member.host.libp2p.dial(
          this.#at.addresses.map(address => multiaddr(address)),
          { signal: AbortSignal.timeout(second) },
        )
      }, deadlineMs)
      honest.came++
    } catch (error) {
      honest.failures.push(`a newcomer: ${String(error)}`)
    } finally {
      await member.stop()
      this.#members.splice(this.#members.indexOf(member), 1)
    }
  }

  async #ask(): Promise<{ status: number; body: string }> {
    const response = await fetch(`${this.#requests[0]?.url}/service/${floodedService}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${benchToken}`,
        'content-type': 'text/plain',
        'x-rma-deadline-ms': String(deadlineMs),
      },
      body: 'a letter',
    })
    return { status: response.status, body: await response.text() }
  }

  async #member(seeds: string[] = this.#at.addresses): Promise<Member> {
    const member = await createMember({ listen, seeds, mode: 'client' }, systemClock)
    this.#members.push(member)
    await member.start()
    return member
  }

  #fork(name: 'victim' | 'attack', init: object): ChildProcess {
    const child = fork(programs[name], [JSON.stringify(init)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#children.push(child)
    return child
  }

  async #word<W extends { kind: string }, K extends W['kind']>(
    child: ChildProcess,
    kind: K,
  ): Promise<Extract<W, { kind: K }>> {
    for (;;) {
      const [word] = (await once(child, 'message')) as [W]
      if (word.kind === kind) return word as Extract<W, { kind: K }>
    }
  }
}

export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}
