import { setTimeout as delay } from 'node:timers/promises'
import type { NodeProcess } from '../node-process.ts'
import type { Mishap } from './fault-schedule.ts'
import type { FaultySwarm } from './faulty-swarm.ts'

interface Player {
  node: NodeProcess
  start: () => Promise<NodeProcess>
  /** What it is in the middle of. */
  busy: boolean
}

/** Lets things go wrong, and makes them right again. */
export class Mishaps {
  readonly #swarm: FaultySwarm
  readonly #players = new Map<string, Player>()
  readonly #running = new Set<Promise<void>>()
  #ending = new AbortController()

  constructor(swarm: FaultySwarm) {
    this.#swarm = swarm
  }

  get names(): string[] {
    return [...this.#players.keys()]
  }

  async add(name: string, start: () => Promise<NodeProcess>): Promise<void> {
    this.#players.set(name, { node: await start(), start, busy: false })
  }

  node(name: string): NodeProcess {
    return this.#player(name).node
  }

  begin(mishap: Mishap): void {
    const running = this.#run(mishap).finally(() => this.#running.delete(running))
    this.#running.add(running)
  }

  /** Resolves once all is as it was: ways healed, nodes running. */
  async end(): Promise<void> {
    this.#ending.abort()
    this.#swarm.proxy.heal()
    await Promise.all(this.#running)
    this.#swarm.proxy.heal()
    this.#ending = new AbortController()
  }

  async #run(mishap: Mishap): Promise<void> {
    const { proxy } = this.#swarm
    switch (mishap.kind) {
      case 'reset':
        proxy.reset(...mishap.between)
        return
      case 'alone': {
        const others = this.names.filter(name => name !== mishap.node)
        for (const name of others) proxy.between(mishap.node, name, { cut: true })
        await this.#pass(mishap.forMs)
        for (const name of others) proxy.between(mishap.node, name, {})
        return
      }
      case 'still':
        return await this.#alone(mishap.node, async player => {
          process.kill(player.node.pid, 'SIGSTOP')
          await this.#pass(mishap.forMs)
          process.kill(player.node.pid, 'SIGCONT')
        })
      case 'killed':
        return await this.#alone(mishap.node, async player => {
          await player.node.kill()
          await this.#pass(mishap.forMs)
          player.node = await player.start()
        })
      default:
        proxy.between(...mishap.between, mishap.fault)
        await this.#pass(mishap.forMs)
        proxy.between(...mishap.between, {})
    }
  }

  /** One that stands still or is dead cannot be killed or stopped as well. */
  async #alone(name: string, act: (player: Player) => Promise<void>): Promise<void> {
    const player = this.#player(name)
    if (player.busy) return
    player.busy = true
    try {
      await act(player)
    } finally {
      player.busy = false
    }
  }

  async #pass(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#ending.signal }).catch(() => undefined)
  }

  #player(name: string): Player {
    const player = this.#players.get(name)
    if (player === undefined) throw new Error(`there is no node ${name}`)
    return player
  }
}
