import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { loadAccessToken } from '../../src/main/config/access-token.ts'
import { type Runtime, readRuntime } from '../../src/main/config/runtime-file.ts'
import { type Milliseconds, second } from '../../src/shared/units.ts'
import type { Member } from './members.ts'

const stopTimeoutMs = 10 * second
const keptErrorLines = 20

export interface SwarmNodeInit {
  member: Member
  /** The built command. */
  command: string
  dataFolder: string
  seeds: string[]
  /** Missing: the dashboard's default port, or the next free one. */
  dashboardPort?: number
}

/** One node of the demonstration, a process of its own. */
export class SwarmNode {
  readonly member: Member
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #child: ChildProcess
  readonly #dataFolder: string
  readonly #dashboardUrl: Promise<string>
  readonly #errorLines: string[] = []

  constructor({ member, command, dataFolder, seeds, dashboardPort }: SwarmNodeInit) {
    this.member = member
    this.#dataFolder = dataFolder
    const args = [
      ['headless', '--data-folder', dataFolder, '--network', 'demo', '--location', member.location],
      ['--no-mdns', '--listen', '127.0.0.1', '--loopback-swarm', '--log-level', 'warn'],
      ['--dht-port', '0', '--service-port', '0', '--pretend', JSON.stringify(member.pretend)],
      dashboardPort === undefined ? [] : ['--dashboard-port', String(dashboardPort)],
      seeds.flatMap(seed => ['--seed', seed]),
      member.donate ? ['--donate'] : [],
    ]
    this.#child = spawn(process.execPath, [command, ...args.flat()], {
      // The channel tells the child when this process has gone; its own group keeps the terminal's Ctrl-C from it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
      env: nodeEnvironment(process.env),
    })
    this.exited = new Promise(resolve => this.#child.once('exit', (code, signal) => resolve({ code, signal })))
    this.#dashboardUrl = this.#readAddress()
    // Whoever waits for the start hears of it; nobody may be waiting yet.
    this.#dashboardUrl.catch(() => undefined)
  }

  /** Resolves with the address of its dashboard once it runs; rejects with what it said when it did not start. */
  started(): Promise<string> {
    return this.#dashboardUrl
  }

  runtime(): Promise<Runtime> {
    return readRuntime(this.#dataFolder)
  }

  token(): Promise<string> {
    return loadAccessToken(this.#dataFolder)
  }

  /** Its last words on standard error. */
  get lastErrorLine(): string {
    return this.#errorLines.at(-1) ?? ''
  }

  /** Asks it to stop, and ends it when it does not. */
  async stop(timeoutMs: Milliseconds = stopTimeoutMs): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), timeoutMs)
    await this.exited
    clearTimeout(timer)
  }

  async #readAddress(): Promise<string> {
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('expected pipes to the node')
    createInterface({ input: stderr }).on('line', line => {
      this.#errorLines.push(line)
      if (this.#errorLines.length > keptErrorLines) this.#errorLines.shift()
    })
    const lines = createInterface({ input: stdout })
    const address = once(lines, 'line').then(([line]) => String(line).replace(/^Dashboard: /, ''))
    const end = this.exited.then(({ code, signal }) => {
      throw new Error(
        `the node at ${this.member.location} did not start (${signal ?? `exit code ${code}`}): ${this.lastErrorLine}`,
      )
    })
    return await Promise.race([address, end])
  }
}

/** The demonstration's nodes take nothing from the environment that would set up a real one. */
function nodeEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const settings =
    /^(RMA_|DHT_|BOOTSTRAP_URL$|COORDINATOR_|EDGE_ROUTER_URL$|TUNNEL_URL$|LOCATION$|PORT$|SERVICE_PORT$|DASHBOARD_PORT$)/
  return Object.fromEntries(Object.entries(env).filter(([name]) => !settings.test(name)))
}

export function dataFolderOf(swarmFolder: string, member: Member): string {
  return join(swarmFolder, member.location)
}
