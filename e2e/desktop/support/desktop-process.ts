import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'
import { loadAccessToken } from '../../../src/main/config/access-token.ts'
import { type Runtime, readRuntime } from '../../../src/main/config/runtime-file.ts'
import { defaultSettings } from '../../../src/shared/schema/settings.ts'
import { unhindered } from '../../../src/shared/testing/samples.ts'
import { type Milliseconds, second } from '../../../src/shared/units.ts'

const hook = new URL('./electron-hook.ts', import.meta.url)
const keptLines = 200
const startTimeoutMs = 20 * second

/** What a person would see of the app. */
export interface DesktopReport {
  /** Labels of the tray's menu. */
  menu: string[]
  /** Addresses of the windows that are shown. */
  visible: string[]
  /** Preload script of each window. */
  preloads: string[]
  /** Texts of the error boxes so far. */
  errors: string[]
}

/** The built main bundle of the desktop app, run by Node with a stand-in for Electron. It ends when this process has gone. */
export class DesktopProcess {
  readonly dataFolder: string
  readonly exited: Promise<number | null>
  readonly #child: ChildProcess
  readonly #lines: string[] = []

  /** @param main path of the bundle */
  constructor({ main, dataFolder, args = [] }: { main: string; dataFolder: string; args?: readonly string[] }) {
    this.dataFolder = dataFolder
    const { PATH, HOME, LANG } = process.env
    this.#child = spawn(process.execPath, ['--import', hook.href, main, ...args], {
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      env: { PATH, HOME, LANG, RMA_DONOR_HOME: dataFolder },
    })
    this.exited = once(this.#child, 'exit').then(([code]) => code)
    if (this.#child.stderr === null) throw new Error('expected a pipe from the app')
    createInterface({ input: this.#child.stderr }).on('line', line => {
      this.#lines.push(line)
      if (this.#lines.length > keptLines) this.#lines.shift()
    })
  }

  /** Process id of the app itself. */
  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the app has no process')
    return this.#child.pid
  }

  /** Resolves once its node runs; rejects with what the app said when it has ended before. */
  async started(): Promise<void> {
    const ended = this.exited.then(code => {
      throw new Error(`the app has ended (${code}):\n${this.log}`)
    })
    await Promise.race([ended, vi.waitFor(() => this.runtime(), { timeout: startTimeoutMs, interval: 100 })])
    // It will end some day, and nobody waits for it here any more.
    ended.catch(() => undefined)
  }

  /** Where its node is reached. */
  runtime(): Promise<Runtime> {
    return readRuntime(this.dataFolder)
  }

  /** Sends a request as a program on this machine does, with the token of the data folder. */
  async request(service: string, body: Uint8Array, contentType: string): Promise<Response> {
    const { serviceUrl } = await this.runtime()
    return await fetch(`${serviceUrl}/service/${service}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${await loadAccessToken(this.dataFolder)}`, 'content-type': contentType },
      body: new Uint8Array(body),
    })
  }

  get log(): string {
    return this.#lines.join('\n')
  }

  /** Clicks a row of the tray's menu. */
  click(label: string): void {
    this.#child.send({ kind: 'click', label })
  }

  /** Sends the machine to sleep or wakes it, with nobody having touched it for so long. */
  power(event: 'suspend' | 'resume', idleMs: Milliseconds): void {
    this.#child.send({ kind: 'power', event, idleSeconds: idleMs / second })
  }

  async look(): Promise<DesktopReport> {
    const report = once(this.#child, 'message')
    this.#child.send({ kind: 'look' })
    return (await report)[0]
  }

  /** Ends it at once, if it still runs. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }
}

/** The main bundle in the build's folder. */
export const builtBundle = fileURLToPath(new URL('../../../out/main/electron.js', import.meta.url))

/** Makes a data folder in `parent` whose node speaks on this machine's loopback alone. Returns its path. */
export async function makeLoopbackFolder(parent: string): Promise<string> {
  const dataFolder = join(parent, 'desktop')
  await mkdir(dataFolder)
  const network = { ...defaultSettings.network, mdns: false, listen: ['127.0.0.1'] }
  await writeFile(
    join(dataFolder, 'settings.json'),
    JSON.stringify({ ...defaultSettings, network, limits: unhindered }),
  )
  return dataFolder
}

/** Runs the `rma-donor` command as the packaged app does: in its own main bundle, without a window. */
export async function runPackaged(
  { main, dataFolder }: { main: string; dataFolder: string },
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { PATH, HOME, LANG } = process.env
  const child = spawn(process.execPath, ['--import', hook.href, main, '--cli', '--', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH, HOME, LANG, RMA_DONOR_HOME: dataFolder },
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'exit')])
  return { code, stdout, stderr }
}
