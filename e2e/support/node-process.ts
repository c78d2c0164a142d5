import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { type Runtime, readRuntime } from '../../src/main/config/runtime-file.ts'
import { loopbackSite, type Site } from './site.ts'

/** The built command. */
export const builtCommand = fileURLToPath(new URL('../../out/main/cli.js', import.meta.url))

const keptErrorLines = 200

/** What a program said and how it ended. */
export interface Outcome {
  code: number | null
  stdout: string
  stderr: string
}

/** A headless node of the built program, a process of its own. */
export class NodeProcess {
  readonly dataFolder: string
  readonly exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>
  readonly #site: Site
  readonly #child: ChildProcess
  readonly #errorLines: string[] = []
  readonly #dashboardUrl: Promise<string>

  private constructor(site: Site, dataFolder: string, args: readonly string[], env: NodeJS.ProcessEnv) {
    this.#site = site
    this.dataFolder = dataFolder
    const [program, all] = site.command(process.execPath, [
      builtCommand,
      'headless',
      '--data-folder',
      dataFolder,
      ...args,
    ])
    this.#child = spawn(program, all, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...cleanEnvironment(), ...env } })
    this.exited = new Promise(resolve => this.#child.once('exit', (code, signal) => resolve({ code, signal })))
    this.#dashboardUrl = this.#readAddress()
    this.#dashboardUrl.catch(() => undefined)
  }

  /** Starts a node on `<folder>/<name>` and resolves once it has printed its dashboard's address. */
  static async start(init: {
    folder: string
    name: string
    args?: readonly string[]
    site?: Site
    env?: NodeJS.ProcessEnv
  }): Promise<NodeProcess> {
    const { folder, name, args = [], site = loopbackSite, env = {} } = init
    const node = new NodeProcess(site, join(folder, name), args, env)
    await node.#dashboardUrl
    return node
  }

  /** Address of the dashboard, with its token. */
  dashboardUrl(): Promise<string> {
    return this.#dashboardUrl
  }

  runtime(): Promise<Runtime> {
    return readRuntime(this.dataFolder)
  }

  /** Its log so far, one entry a line. */
  get log(): string {
    return this.#errorLines.join('\n')
  }

  /** Runs `rma-donor <args>` on this node's data folder, where the node is. */
  async command(args: readonly string[], input?: Uint8Array): Promise<Outcome> {
    return runCommand([...args, '--data-folder', this.dataFolder], { site: this.#site, input })
  }

  /** Asks it to stop and resolves with its exit code. */
  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return (await this.exited).code
  }

  /** Ends it as a power cut would. `ip netns exec` replaces itself by the node, so this is the node's own process. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
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
      throw new Error(`the node did not start (${signal ?? `exit code ${code}`}):\n${this.log}`)
    })
    return await Promise.race([address, end])
  }
}

/** Runs the built command to its end. */
export async function runCommand(
  args: readonly string[],
  init: { site?: Site; input?: Uint8Array | undefined; env?: NodeJS.ProcessEnv } = {},
): Promise<Outcome> {
  const { site = loopbackSite, input, env = {} } = init
  const [program, all] = site.command(process.execPath, [builtCommand, ...args])
  const child = spawn(program, all, { stdio: ['pipe', 'pipe', 'pipe'], env: { ...cleanEnvironment(), ...env } })
  const outcome = { stdout: '', stderr: '' }
  child.stdout.setEncoding('utf8').on('data', text => {
    outcome.stdout += text
  })
  child.stderr.setEncoding('utf8').on('data', text => {
    outcome.stderr += text
  })
  // A command that ends before it has read everything closes the pipe; its exit code says more than that.
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, ...outcome }
}

/** Nothing of the developer's own settings reaches a node under test. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  const { PATH, HOME, LANG, TMPDIR } = process.env
  return Object.fromEntries(Object.entries({ PATH, HOME, LANG, TMPDIR }).filter(([, value]) => value !== undefined))
}
