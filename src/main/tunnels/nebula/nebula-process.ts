import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { readFile, rm } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { second } from '../../../shared/units.ts'
import { writeFileDurably } from '../../config/durable-file.ts'
import { readIfPresent } from '../../config/read-if-present.ts'

const run = promisify(execFile)
const testTimeoutMs = 10 * second
/** After that it is ended without being asked. */
const stopTimeoutMs = 5 * second
const maxLineLength = 8_192
const keptLines = 5

const ownerSchema = z.object({ pid: z.number().int().min(2), startedAt: z.string().min(1) })

export interface NebulaProcessInit {
  program: string
  configPath: string
  /** Says which process is ours, for the next start to end where this node could not. */
  pidPath: string
  onLine(line: string): void
}

/** One run of Nebula. Its configuration names files for secrets; nothing of them is in its arguments. */
export class NebulaProcess {
  /** Resolves once it has ended, with the last it said where that was not asked for. */
  readonly ended: Promise<string>
  readonly #child: ChildProcess
  readonly #lines: string[] = []
  readonly #pidPath: string

  private constructor(init: NebulaProcessInit) {
    this.#pidPath = init.pidPath
    this.#child = spawn(init.program, ['-config', init.configPath], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { PATH: process.env.PATH ?? '' },
    })
    for (const output of [this.#child.stdout, this.#child.stderr]) {
      if (output === null) continue
      createInterface({ input: output }).on('line', line => {
        const text = line.slice(0, maxLineLength)
        this.#lines.push(text)
        if (this.#lines.length > keptLines) this.#lines.shift()
        init.onLine(text)
      })
    }
    this.ended = new Promise(resolve => {
      this.#child.once('error', error => resolve(error.message))
      this.#child.once('close', code => resolve(`exit code ${code}: ${this.#lines.at(-1) ?? 'it said nothing'}`))
    })
  }

  /** Ends what an earlier run left behind, checks the configuration, and starts. Rejects with BAD_SETTING where it is refused. */
  static async start(init: NebulaProcessInit): Promise<NebulaProcess> {
    await endOrphan(init.pidPath)
    try {
      await run(init.program, ['-test', '-config', init.configPath], { timeout: testTimeoutMs })
    } catch (cause) {
      const { stderr = '', stdout = '' } = cause as { stderr?: string; stdout?: string }
      const said = (stderr || stdout).trim().split('\n').at(-1) ?? ''
      throw new RmaError('BAD_SETTING', `nebula refuses its configuration: ${said.slice(0, 300)}`, {}, { cause })
    }
    const started = new NebulaProcess(init)
    const { pid } = started.#child
    const startedAt = pid === undefined ? undefined : await startOf(pid)
    if (pid !== undefined && startedAt !== undefined)
      await writeFileDurably(init.pidPath, JSON.stringify({ pid, startedAt }))
    return started
  }

  /** Reads certificates and the block list again. */
  reload(): void {
    this.#child.kill('SIGHUP')
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM')
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), stopTimeoutMs)
    await this.ended
    clearTimeout(timer)
    await rm(this.#pidPath, { force: true })
  }
}

/** A process that a node killed in mid-run has left, and not a stranger's that was given its number since. */
async function endOrphan(pidPath: string): Promise<void> {
  const owner = ownerSchema.safeParse(parseJson((await readIfPresent(pidPath)) ?? ''))
  await rm(pidPath, { force: true })
  if (!owner.success) return
  const { pid, startedAt } = owner.data
  if ((await startOf(pid)) !== startedAt) return
  process.kill(pid, 'SIGTERM')
  const until = Date.now() + stopTimeoutMs
  while ((await startOf(pid)) === startedAt) {
    if (Date.now() > until) {
      process.kill(pid, 'SIGKILL')
      return
    }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}

/** When a process began, in words of the system's own; undefined where there is none, or it has ended. */
async function startOf(pid: number): Promise<string | undefined> {
  try {
    if (process.platform === 'linux') {
      // What comes after the name, which may hold anything: state first, the start 20th (proc(5)).
      const [state, ...rest] = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ').at(-1)?.split(' ') ?? []
      return state === 'Z' ? undefined : rest[18]
    }
    if (process.platform === 'win32') return undefined
    return (await run('ps', ['-o', 'lstart=', '-p', String(pid)])).stdout.trim() || undefined
  } catch {
    return undefined
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
