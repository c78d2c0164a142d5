import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { PublicMachine } from '../internet.ts'

const script = fileURLToPath(new URL('edge-child.ts', import.meta.url))

/** A `CloudflareEdge` on a machine of its own. It ends when this process does. */
export class EdgeProcess {
  /** Lets a program that is started with it reach the edge by its names. */
  readonly environment: NodeJS.ProcessEnv
  /** Path of a cloudflared that connects to it. */
  readonly program: string
  readonly #child: ChildProcess

  private constructor(child: ChildProcess, told: Pick<EdgeProcess, 'environment' | 'program'>) {
    this.#child = child
    this.environment = told.environment
    this.program = told.program
  }

  /** @param folder where its certificate and its cloudflared lie */
  static async start(folder: string, machine: PublicMachine): Promise<EdgeProcess> {
    const [program, args] = machine.command(process.execPath, [script, folder, machine.address])
    const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const ended = once(child, 'exit').then(() => {
      throw new Error('the edge ended before it had begun')
    })
    const told = once(child, 'message').then(([message]) => message as Pick<EdgeProcess, 'environment' | 'program'>)
    return new EdgeProcess(child, await Promise.race([told, ended]))
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.kill('SIGKILL')
    await ended
  }
}
