import { setTimeout as delay } from 'node:timers/promises'
import { minute, second } from '../../src/shared/units.ts'
import { LightServices, lightService } from '../routing/light-services.ts'
import { settled, until } from '../timing.ts'
import { LoadNode } from './load-node.ts'
import { LoadProcess } from './load-process.ts'
import type { LoadFigures, Stalls } from './load-words.ts'

export const workerCount = 100
const processCount = 4
export const requesterCount = 8
const readersInAProcess = 1
/** How long a light job takes. */
export const workMs = 5
const findLimitMs = 2 * minute

/** A hundred workers in four processes, and requesters in this one. */
export class LoadNetwork {
  readonly #processes: LoadProcess[] = []
  readonly #nodes: LoadNode[] = []
  #missing = 0

  /** Connections between requesters and workers that could not be made beforehand. */
  get missingConnections(): number {
    return this.#missing
  }

  async start(progress: (line: string) => void, signal: AbortSignal): Promise<void> {
    const first = await this.#addRequester()
    for (let index = 0; index < processCount; index++) {
      signal.throwIfAborted()
      progress(`starting ${(workerCount / processCount) * (index + 1)} of ${workerCount} workers`)
      const workers = workerCount / processCount
      const seeds = first.network.seeds()
      this.#processes.push(await LoadProcess.start({ workers, readers: readersInAProcess, seeds, workMs }))
    }
    let found = 0
    const allFound = async () => {
      const before = found
      found = await this.found(first)
      if (found !== before) progress(`${found} of ${workerCount} workers are found`)
      if (found < workerCount) await delay(second, undefined, { signal })
      return found >= workerCount
    }
    await until(allFound, findLimitMs, signal)
    progress('waiting until the workers have come to rest')
    await this.#workersAtRest()
  }

  /** Resolves once neither the workers nor this process have much to do. */
  async atRest(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#workersAtRest(), settled(minute, signal)])
  }

  async #workersAtRest(): Promise<void> {
    await Promise.all(this.#processes.map(each => each.settle()))
  }

  /** Workers that a lookup names, of all there are. */
  async found({ network }: LoadNode): Promise<number> {
    return (await network.directory.finder.findService(lightService, { limit: 2 * workerCount })).length
  }

  /** A node of this process that serves nothing; its requests know nothing of any worker yet. */
  async #addRequester(): Promise<LoadNode> {
    const services = new LightServices({ slots: 1, bound: 1, workMs: 0, answer: 'echo' })
    services.setOffered(false)
    const seeds = this.#nodes[0]?.network.seeds() ?? []
    const node = await LoadNode.start({ services, seeds })
    this.#nodes.push(node)
    return node
  }

  /**
   * Adds requesters and connects them to the workers they know, two at a time: in one process all at once would need more
   * processor time for handshakes than dials may take.
   */
  async addRequesters(progress: (line: string) => void, signal: AbortSignal): Promise<LoadNode[]> {
    const added: LoadNode[] = []
    while (added.length < requesterCount) {
      progress(`connecting ${added.length + 2} of ${requesterCount} requesters to their workers`)
      const pair = await Promise.all([this.#addRequester(), this.#addRequester()])
      const missing = await Promise.all(
        pair.map(async node => (await node.connect(lightService, signal)) + (await node.connect('ocr', signal))),
      )
      this.#missing += missing.reduce((sum, each) => sum + each, 0)
      added.push(...pair)
    }
    return added
  }

  async beginMeasuring(): Promise<void> {
    await Promise.all(this.#processes.map(each => each.beginMeasuring()))
  }

  /** Of each process. */
  figures(): Promise<LoadFigures[]> {
    return Promise.all(this.#processes.map(each => each.figures()))
  }

  async stall(stalls: Stalls): Promise<void> {
    await Promise.all(this.#processes.map(each => each.stall(stalls)))
  }

  /** Also those of a start that failed halfway. */
  async stop(): Promise<void> {
    await Promise.all(this.#processes.map(each => each.stop()))
    await Promise.all(this.#nodes.map(node => node.stop()))
  }
}
