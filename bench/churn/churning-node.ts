import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { type ChurningInit, type Question, type Word, wordSchema } from './churning-words.ts'

/** How nodes are started. */
export interface ChurningProgram {
  /** The program of a node. */
  path: string
  /** Where compiled code is kept, so that one does not take as long to start as the first. */
  cacheFolder: string
}

/** A node in a process of its own. It ends when this process does. */
export class ChurningNode {
  readonly peerId: string
  readonly addresses: readonly string[]
  readonly bornAt = Date.now()
  readonly #child: ChildProcess
  readonly #waiting = new Map<number, (word: Word | undefined) => void>()
  #nextId = 0

  private constructor(child: ChildProcess, { peerId, addresses }: Extract<Word, { kind: 'ready' }>) {
    this.#child = child
    this.peerId = peerId
    this.addresses = addresses
    child.on('message', message => {
      const word = wordSchema.parse(message)
      if (word.kind !== 'ready') this.#settle(word.id, word)
    })
    child.once('exit', () => {
      for (const id of [...this.#waiting.keys()]) this.#settle(id, undefined)
    })
  }

  static async start(init: ChurningInit, { path, cacheFolder }: ChurningProgram): Promise<ChurningNode> {
    const child = fork(path, [JSON.stringify(init)], {
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: cacheFolder },
    })
    const ended = once(child, 'exit').then(() => Promise.reject(new Error('a newcomer found nobody')))
    ended.catch(() => undefined)
    const [message] = await Promise.race([once(child, 'message'), ended])
    const word = wordSchema.parse(message)
    if (word.kind !== 'ready') throw new Error(`expected it to be ready, got ${word.kind}`)
    return new ChurningNode(child, word)
  }

  /** Ids of the workers it finds; undefined where it was killed meanwhile. */
  async find(): Promise<string[] | undefined> {
    const word = await this.#ask('find')
    return word?.kind === 'found' ? word.workers : undefined
  }

  /** `answered`, or the code that its request failed with; undefined where it was killed meanwhile. */
  async request(): Promise<string | undefined> {
    const word = await this.#ask('request')
    return word?.kind === 'ended' ? word.how : undefined
  }

  /** As a power cut would. */
  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }

  #ask(ask: Question['ask']): Promise<Word | undefined> {
    const id = this.#nextId++
    return new Promise(resolve => {
      this.#waiting.set(id, resolve)
      this.#child.send({ id, ask } satisfies Question, error => {
        if (error !== null) this.#settle(id, undefined)
      })
    })
  }

  #settle(id: number, word: Word | undefined): void {
    this.#waiting.get(id)?.(word)
    this.#waiting.delete(id)
  }
}
