import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { loopbackSite, type Site } from '../site.ts'
import type { Answers, Command, MemberState, ProcessInit, Reply } from './commands.ts'
import type { Misdeed } from './hostile.ts'
import type { MemberInit } from './member.ts'

const program = fileURLToPath(new URL('./swarm-child.ts', import.meta.url))

export interface SwarmProcessInit extends ProcessInit {
  site?: Pick<Site, 'command'>
}

/** A process with members of the network. It ends when this process does. */
export class SwarmProcess {
  readonly #child: ChildProcess
  readonly #exited: Promise<unknown>
  readonly #waiting = new Map<number, PromiseWithResolvers<unknown>>()
  readonly #ready = Promise.withResolvers<void>()
  #nextId = 0
  #members = 0

  constructor({ site = loopbackSite, ...init }: SwarmProcessInit = {}) {
    const [command, args] = site.command(process.execPath, [program, JSON.stringify(init)])
    this.#child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    this.#exited = once(this.#child, 'exit')
    // Whoever waits for the start or for an answer hears of it; nobody may be waiting yet.
    this.#ready.promise.catch(() => undefined)
    this.#child.on('message', message => this.#take(message as Reply | { ready: true }))
    this.#child.on('exit', (code, signal) => this.#fail(new Error(`the swarm process ended: ${signal ?? code}`)))
  }

  /** Starts another member in this process. */
  async member(init: MemberInit): Promise<SwarmMember> {
    const index = this.#members++
    const { peerId, addresses } = await this.ask({ kind: 'start', init })
    return new SwarmMember(this, index, peerId, addresses)
  }

  /** Turns the clock of all members in this process ahead. */
  async turn(byMs: number): Promise<void> {
    await this.ask({ kind: 'turn', byMs })
  }

  async ask<C extends Command>(command: C): Promise<Answers[C['kind']]> {
    const id = this.#nextId++
    const answer = Promise.withResolvers<unknown>()
    this.#waiting.set(id, answer)
    await this.#ready.promise
    this.#child.send({ id, command }, error => {
      if (error !== null) answer.reject(error)
    })
    return (await answer.promise) as Answers[C['kind']]
  }

  /** Stops it where it stands: its connections stay open and nothing answers on them. */
  suspend(): void {
    this.#child.kill('SIGSTOP')
  }

  /** Ends it as a power cut would. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#exited
  }

  #take(message: Reply | { ready: true }): void {
    if ('ready' in message) {
      this.#ready.resolve()
      return
    }
    const waiting = this.#waiting.get(message.id)
    this.#waiting.delete(message.id)
    if ('error' in message) waiting?.reject(new Error(message.error))
    else waiting?.resolve(message.answer)
  }

  #fail(error: Error): void {
    this.#ready.reject(error)
    for (const waiting of this.#waiting.values()) waiting.reject(error)
    this.#waiting.clear()
  }
}

/** One member of the network, in a process of the swarm. */
export class SwarmMember {
  readonly process: SwarmProcess
  readonly peerId: string
  /** Multiaddrs with the peer id, for others to join by. */
  readonly addresses: readonly string[]
  readonly #index: number

  constructor(process: SwarmProcess, index: number, peerId: string, addresses: readonly string[]) {
    this.process = process
    this.#index = index
    this.peerId = peerId
    this.addresses = addresses
  }

  async announce(service = 'ocr', state: 'donating' | 'paused' = 'donating'): Promise<void> {
    await this.process.ask({ kind: 'announce', member: this.#index, service, state })
  }

  /** The workers it finds, and the state each is in. */
  async find(service = 'ocr'): Promise<{ peerId: string; state: string }[]> {
    return await this.process.ask({ kind: 'find', member: this.#index, service })
  }

  /** Ids of the workers it finds, sorted. */
  async found(service = 'ocr'): Promise<string[]> {
    return (await this.find(service)).map(({ peerId }) => peerId).sort()
  }

  async state(): Promise<MemberState> {
    return await this.process.ask({ kind: 'state', member: this.#index })
  }

  /** Who it holds to keep the records of a directory key. */
  async registrars(key: string): Promise<string[]> {
    return await this.process.ask({ kind: 'registrars', member: this.#index, key })
  }

  async misbehave(misdeed: Misdeed): Promise<void> {
    await this.process.ask({ kind: 'misbehave', member: this.#index, misdeed })
  }
}
