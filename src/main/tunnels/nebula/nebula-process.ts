import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { RmaError } from '../../../shared/errors.ts'
import { second } from '../../../shared/units.ts'
import { type SidecarComponents, SidecarProcess } from '../sidecar/sidecar-process.ts'

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

  /** Ends what an earlier run left behind, checks the configuration, and starts. Rejects with BAD_SETTING where it is refused. */
  static async start(components: SidecarComponents, init: NebulaProcessInit): Promise<NebulaProcess> {
    await components.note.endOrphan()
    try {
      await run(init.program, ['-test', '-config', init.configPath], { timeout: testTimeoutMs })
    } catch (cause) {
      const { stderr = '', stdout = '' } = cause as { stderr?: string; stdout?: string }
      const said = (stderr || stdout).trim().split('\n').at(-1) ?? ''
      throw new RmaError('BAD_SETTING', `nebula refuses its configuration: ${said.slice(0, 300)}`, {}, { cause })
    }
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
