import { type ChildProcess, spawn } from 'node:child_process'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import { readRuntime } from '../../src/main/config/runtime-file.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { runCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { inherited, lastOf, parseDockerfile } from './dockerfile.ts'
import { layOut } from './image-layout.ts'

const repository = join(import.meta.dirname, '..', '..')
const stages = parseDockerfile(await readFile(join(repository, 'deploy/Dockerfile'), 'utf8'))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: string

beforeAll(async () => {
  folder = await temporaryFolder()
  app = join(folder.path, 'app')
  await layOut(app, inherited(stages, 'donor'))
})

afterAll(async () => {
  await folder.remove()
})

/** Runs an image's entry and command, on ports that are free and addresses of this machine alone. */
class Container {
  readonly data: string
  readonly #child: ChildProcess
  readonly exited: Promise<number | null>

  constructor(target: 'coordinator' | 'donor') {
    const instructions = inherited(stages, target)
    this.data = join(folder.path, target)
    const [, ...entry] = JSON.parse(lastOf(instructions, 'ENTRYPOINT')) as string[]
    const command = JSON.parse(lastOf(instructions, 'CMD')) as string[]
    const ports = ['--dht-port', '0', '--service-port', '0', '--dashboard-port', '0', '--listen', '127.0.0.1']
    const api = target === 'coordinator' ? ['--api-port', '0', '--api-listen', '127.0.0.1'] : []
    this.#child = spawn(process.execPath, [...entry, ...command, ...ports, ...api], {
      cwd: app,
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      env: { ...this.#env(), NODE_ENV: 'production' },
    })
    this.exited = new Promise(resolve => this.#child.once('exit', code => resolve(code)))
  }

  /** What the image's health check says. */
  async health(): Promise<number | null> {
    const check = spawn(process.execPath, ['deploy/health-check.mjs'], { cwd: app, stdio: 'ignore', env: this.#env() })
    return new Promise(resolve => check.once('exit', code => resolve(code)))
  }

  async stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.exited
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.exited
  }

  #env(): NodeJS.ProcessEnv {
    return { PATH: process.env.PATH, RMA_DONOR_HOME: this.data }
  }
}

describe('what an image holds is enough', () => {
  test('for a coordinator', async () => {
    await using container = new Container('coordinator')
    await vi.waitFor(async () => expect(await container.health()).toBe(0))
    const { apiUrl } = await readRuntime(container.data)
    expect((await fetch(`${apiUrl}/api/dht/bootstrap`)).status).toBe(200)
    expect(await container.stop()).toBe(0)
    expect(await container.health()).toBe(1)
  })

  test('for a donor that reads a letter', async () => {
    await using container = new Container('donor')
    await vi.waitFor(async () => expect(await container.health()).toBe(0))
    const page = join(folder.path, 'letter.png')
    await writeFile(page, await drawPage(letter).png().toBuffer())
    const { stdout, stderr } = await runCommand(['request', 'ocr', page, '--data-folder', container.data])
    expect(characterAccuracy(letter, stdout), stderr).toBeGreaterThanOrEqual(0.98)
    expect(await container.stop()).toBe(0)
  })
})
