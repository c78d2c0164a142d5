import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { type Runtime, readRuntime } from '../../src/main/config/runtime-file.ts'
import { type Milliseconds, second } from '../../src/shared/units.ts'
import { loopbackSite, type Site } from './site.ts'

/** The built command. */
export const builtCommand = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

/** For a node that speaks on this machine's loopback alone, on whatever ports are free. */
export const onLoopback = [
  ...['--no-mdns', '--listen', '127.0.0.1'],
  ...['--dht-port', '0', '--service-port', '0', '--dashboard-port', '0'],
] as const

/** Environment of a program whose clock is so far ahead, and can be turned. */
export function clockAhead(aheadMs: Milliseconds): NodeJS.ProcessEnv {
  const preload = pathToFileURL(join(import.meta.dirname, 'clock-ahead.mjs'))
  return { NODE_OPTIONS: `--import=${preload}`, TEST_CLOCK_AHEAD_MS: String(aheadMs) }
}

const keptErrorLines = 200
const stopTimeoutMs = 10 * second

/** What a program said and how it ended. */
export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

export interface NodeProcessInit {
  /** Where the data folders are. */
  folder: string
  /** Name of the node, and of its data folder in there. */
  name: string
  /** What it is started as. */
  command?: 'headless' | 'coordinator'
  /** Options of that command. */
  args?: readonly string[]
  site?: Site
  env?: NodeJS.ProcessEnv
  /** It takes notice of who uses the machine and what else runs on it. Default false. */
  watchful?: boolean
}

/** A headless node of the built program, a process of its own. It stops when this process has gone. */
export class NodeProcess {
  readonly name: string
  readonly dataFolder: string
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #site: Site
  readonly #child: ChildProcess
  readonly #errorLines: string[] = []
  readonly #dashboardUrl: Promise<string>

  constructor({
    folder,
    name,
    command = 'headless',
    args = [],
    site = loopbackSite,
    env = {},
    watchful = false,
  }: NodeProcessInit) {
    this.name = name
    this.dataFolder = join(folder, name)
    this.#site = site
    // What a test machine is busy with, or fed by, is no reason to wait, unless a test is about that.
    const rules = watchful ? [] : ['--dedicated', '--system-root', join(folder, 'no-sensors')]
    const [program, all] = commandLine(site, [command, '--data-folder', this.dataFolder, ...rules, ...args])
    this.#child = spawn(program, all, {
      // The channel tells the node when this process has gone; its own group keeps the terminal's Ctrl-C from it.
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      detached: process.platform !== 'win32',
      env: { ...cleanEnvironment(), ...env },
    })
    this.exited = new Promise(resolve => this.#child.once('exit', (code, signal) => resolve({ code, signal })))
    this.#dashboardUrl = this.#readAddress()
    // Whoever waits for the start hears of it; nobody may be waiting yet.
    this.#dashboardUrl.catch(() => undefined)
  }

  /** Starts a node on `<folder>/<name>` and resolves once it has printed its dashboard's address. */
  static async start(init: NodeProcessInit): Promise<NodeProcess> {
    const node = new NodeProcess(init)
    await node.dashboardUrl()
    return node
  }

  /** Address of the dashboard, with its token, once the node runs; rejects with what it said when it did not start. */
  dashboardUrl(): Promise<string> {
    return this.#dashboardUrl
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error(`the node ${this.name} has no process`)
    return this.#child.pid
  }

  runtime(): Promise<Runtime> {
    return readRuntime(this.dataFolder)
  }

  /** What programs on this machine show it. */
  async token(): Promise<string> {
    return (await readFile(join(this.dataFolder, 'token'), 'utf8')).trim()
  }

  /** The last lines of its log. */
  get log(): readonly string[] {
    return this.#errorLines
  }

  /** Runs `rma-donor <args>` on this node's data folder, where the node is. */
  async command(args: readonly string[], input?: Uint8Array): Promise<Outcome> {
    return runCommand([...args, '--data-folder', this.dataFolder], { site: this.#site, input })
  }

  /** Asks it to stop, and ends it when it does not; resolves with its exit code, null where it had to be ended. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs)
    const { code } = await this.exited
    clearTimeout(timer)
    return code
  }

  /** Ends it as a power cut would. `ip netns exec` replaces itself by the node, so this is the node's own process. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  /** Turns its clock ahead, where it was started with `clockAhead`; resolves once what became due has begun. */
  async turn(byMs: Milliseconds): Promise<void> {
    await this.ask({ turnMs: byMs })
  }

  /** Sends a message to what was loaded into its process beside it; resolves with the answer, undefined when it has gone. */
  async ask(message: object): Promise<unknown> {
    const answer = once(this.#child, 'message').then(([said]) => said as unknown)
    this.#child.send(message)
    return await Promise.race([answer, this.exited.then(() => undefined)])
  }

  /** Lets go of it, as if this process had ended. */
  abandon(): void {
    this.#child.disconnect()
  }

  async #readAddress(): Promise<string> {
    const { stdout, stderr } = this.#child
    if (stdout === null || stderr === null) throw new Error('expected pipes to the node')
    createInterface({ input: stderr }).on('line', line => {
      this.#errorLines.push(line)
      if (this.#errorLines.length > keptErrorLines) this.#errorLines.shift()
    })
    const address = once(createInterface({ input: stdout }), 'line').then(([line]) =>
      String(line).replace(/^Dashboard: /, ''),
    )
    const end = this.exited.then(({ code, signal }) => {
      const log = this.#errorLines.join('\n')
      throw new Error(`the node ${this.name} did not start (${signal ?? `exit code ${code}`}): ${log}`)
    })
    return await Promise.race([address, end])
  }
}

export interface RunCommandInit {
  site?: Site
  input?: Uint8Array | undefined
  env?: NodeJS.ProcessEnv
}

/** Runs the built command to its end. */
export async function runCommand(args: readonly string[], init: RunCommandInit = {}): Promise<Outcome> {
  return startCommand(args, init).outcome
}

/** Starts the built command. */
export function startCommand(
  args: readonly string[],
  { site = loopbackSite, input, env = {} }: RunCommandInit = {},
): { child: ChildProcess; outcome: Promise<Outcome> } {
  const [program, all] = commandLine(site, args)
  const child = spawn(program, all, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...cleanEnvironment(), ...env } })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    child[name].setEncoding('utf8').on('data', text => {
      said[name] += text
    })
  }
  // A command that ends before it has read everything closes the pipe; its exit code says more than that.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const outcome = once(child, 'close').then(([code]) => ({ code: code as number | null, ...said }))
  return { child, outcome }
}

function commandLine(site: Site, args: readonly string[]): [string, string[]] {
  if (!existsSync(builtCommand)) throw new Error(`${builtCommand} is missing: run \`npm run build\` first`)
  return site.command(process.execPath, [builtCommand, ...args])
}

/** This process's environment without what would set up a node: the user's own settings, and those of a test runner. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const setting =
    /^(RMA_|DHT_|NODE_|VITEST|BOOTSTRAP_URL$|COORDINATOR_|EDGE_ROUTER_URL$|TUNNEL_URL$|LOCATION$|PORT$|SERVICE_PORT$|DASHBOARD_PORT$|PUBLIC_PORT$|CORS_ORIGINS$)/
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !setting.test(name)))
}
