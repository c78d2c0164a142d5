import { execFile } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import type { Site } from './site.ts'

const run = promisify(execFile)
const ip = async (...args: string[]) => void (await run('ip', args))

/** A machine of a LAN: a network namespace with one address. */
export interface Machine extends Pick<Site, 'command'> {
  readonly address: string
}

/**
 * A LAN of two switches and the cable between them, made of network namespaces; each machine is at one of the two. Needs
 * root. While the cable is out the halves cannot hear each other, and nobody is told: packets are lost, as in life.
 */
export class Lan {
  readonly machines: readonly [Machine[], Machine[]] = [[], []]
  readonly #prefix = `rma-${randomBytes(3).toString('hex')}`
  readonly #namespaces: string[] = []

  /** Makes a LAN with so many machines at each switch. Whatever was made is removed again where it fails. */
  static async make(atFirst: number, atSecond = 0): Promise<Lan> {
    const lan = new Lan()
    try {
      await lan.#makeSwitches()
      for (let index = 0; index < atFirst; index++) await lan.#addMachine(0)
      for (let index = 0; index < atSecond; index++) await lan.#addMachine(1)
    } catch (error) {
      await lan.remove()
      throw error
    }
    return lan
  }

  /** Pulls the cable between the two switches. */
  async split(): Promise<void> {
    await ip('-n', this.#switchName, 'link', 'set', 'cable0', 'down')
  }

  async heal(): Promise<void> {
    await ip('-n', this.#switchName, 'link', 'set', 'cable0', 'up')
  }

  /** Removes the namespaces; processes in them keep theirs until they end. */
  async remove(): Promise<void> {
    for (const name of this.#namespaces.splice(0)) await ip('netns', 'delete', name)
  }

  get #switchName(): string {
    return `${this.#prefix}-sw`
  }

  async #makeNamespace(name: string): Promise<void> {
    await ip('netns', 'add', name)
    this.#namespaces.push(name)
    await ip('-n', name, 'link', 'set', 'lo', 'up')
  }

  async #makeSwitches(): Promise<void> {
    const at = ['-n', this.#switchName]
    await this.#makeNamespace(this.#switchName)
    await ip(...at, 'link', 'add', 'cable0', 'type', 'veth', 'peer', 'name', 'cable1')
    for (const half of [0, 1]) {
      await ip(...at, 'link', 'add', `switch${half}`, 'type', 'bridge')
      await ip(...at, 'link', 'set', `cable${half}`, 'master', `switch${half}`)
      await ip(...at, 'link', 'set', `switch${half}`, 'up')
      await ip(...at, 'link', 'set', `cable${half}`, 'up')
    }
  }

  async #addMachine(half: 0 | 1): Promise<void> {
    const number = this.machines[0].length + this.machines[1].length + 1
    const name = `${this.#prefix}-${number}`
    const address = `10.99.${half}.${number}`
    await this.#makeNamespace(name)
    const atSwitch = ['peer', 'name', `port${number}`, 'netns', this.#switchName]
    await ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...atSwitch)
    await ip('-n', this.#switchName, 'link', 'set', `port${number}`, 'master', `switch${half}`)
    await ip('-n', this.#switchName, 'link', 'set', `port${number}`, 'up')
    await ip('-n', name, 'address', 'add', `${address}/16`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    const command = (program: string, args: readonly string[]): [string, string[]] => [
      'ip',
      ['netns', 'exec', name, program, ...args],
    ]
    this.machines[half].push({ address, command })
  }
}
