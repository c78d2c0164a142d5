import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { second } from '../../../shared/units.ts'
import { type SidecarComponents, SidecarProcess, sidecarEnvironment } from '../sidecar/sidecar-process.ts'

const run = promisify(execFile)
const testTimeoutMs = 10 * second

export interface NebulaProcessInit {
  program: string
  configPath: string
  onLine(line: string): void
}

/** One run of Nebula. Its configuration names files for secrets; nothing of them is in its arguments. */
export class NebulaProcess {
  /** Resolves once it has ended, with the last it said. */
  readonly ended: Promise<string>
  readonly #sidecar: SidecarProcess

  private constructor(components: SidecarComponents, { program, configPath, onLine }: NebulaProcessInit) {
    const ended = Promise.withResolvers<string>()
    this.ended = ended.promise
    this.#sidecar = new SidecarProcess(components, {
      program,
      args: ['-config', configPath],
      cwd: dirname(configPath),
      onLine,
      onExit: ({ code, lastLines }) => ended.resolve(`exit code ${code}: ${lastLines.at(-1) ?? 'it said nothing'}`),
    })
  }

  /** What it has against its configuration, in its own words; undefined where it takes it. */
  static async refusalOf(program: string, configPath: string): Promise<string | undefined> {
    try {
      await run(program, ['-test', '-config', configPath], { timeout: testTimeoutMs, env: sidecarEnvironment() })
      return undefined
    } catch (error) {
      const { stderr = '', stdout = '', message } = error as { stderr?: string; stdout?: string; message: string }
      const said = (stderr || stdout).trim().split('\n').at(-1) || message
      return said.slice(0, 300)
    }
  }

  /** Ends what an earlier run left behind, and starts. */
  static async start(components: SidecarComponents, init: NebulaProcessInit): Promise<NebulaProcess> {
    await components.note.endOrphan()
    return new NebulaProcess(components, init)
  }

  /** Reads certificates and the block list again. */
  reload(): void {
    this.#sidecar.signal('SIGHUP')
  }

  async stop(): Promise<void> {
    await this.#sidecar.stop()
  }
}
