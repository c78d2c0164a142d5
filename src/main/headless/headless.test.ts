import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { drawPage, letter } from '../../../e2e/support/letters.ts'
import { readRuntime } from '../config/runtime-file.ts'

// Real processes, started from the sources as `rma-donor` would start them.

const command = resolve(import.meta.dirname, '../cli/main.ts')
let folder: string
const children = new Set<ChildProcess>()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-headless-'))
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  await Promise.all([...children].map(child => child.exitCode ?? child.signalCode ?? once(child, 'exit')))
  children.clear()
  await rm(folder, { recursive: true, force: true })
})

interface Started {
  child: ChildProcess
  /** Everything it writes until it ends. */
  output: Promise<string>
  errors: Promise<string>
  exit: Promise<[code: number | null, signal: string | null]>
  firstLine: Promise<string>
}

function start(args: string[], env: NodeJS.ProcessEnv = {}): Started {
  const child = fork(command, args, {
    silent: true,
    env: { PATH: process.env.PATH, RMA_DONOR_HOME: join(folder, 'home'), ...env },
  })
  children.add(child)
  if (child.stdout === null || child.stderr === null) throw new Error('expected pipes')
  return {
    child,
    output: text(child.stdout),
    errors: text(child.stderr),
    exit: once(child, 'exit').then(([code, signal]) => [code, signal]),
    firstLine: once(createInterface(child.stdout), 'line').then(([line]) => line),
  }
}

/** A node on loopback that looks for nobody. */
const startNode = (args: string[] = [], env: NodeJS.ProcessEnv = {}) => {
  const ports = ['--dht-port', '0', '--service-port', '0', '--dashboard-port', '0']
  return start(['headless', '--no-mdns', '--listen', '127.0.0.1', ...ports, ...args], env)
}

async function cli(...args: string[]): Promise<{ code: number | null; output: string; errors: string }> {
  const { output, errors, exit } = start(args)
  return { output: await output, errors: await errors, code: (await exit)[0] }
}

describe('a headless node', () => {
  it('prints its dashboard’s access link, answers the command line, reads a letter, and stops without a trace', async () => {
    const node = startNode(['--donate'])
    const [, link = ''] = /^Dashboard: (http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43})$/.exec(await node.firstLine) ?? []
    const entered = await fetch(link, { redirect: 'manual' })
    expect(entered.status).toBe(303)
    expect((await fetch(new URL('/', link))).status).toBe(401)

    const runtimeFile = join(folder, 'home', 'runtime.json')
    expect((await stat(runtimeFile)).mode & 0o777).toBe(0o600)
    expect(JSON.parse((await cli('status', '--json')).output)).toMatchObject({ donating: true })

    const file = join(folder, 'letter.png')
    await writeFile(file, await drawPage(letter).png().toBuffer())
    const read = await cli('request', 'ocr', file)
    expect(read).toMatchObject({ code: 0, output: expect.stringContaining('Dear Ms Whitfield,') })

    const engines = await childrenOf(node.child.pid)
    node.child.kill('SIGTERM')
    expect(await node.exit).toEqual([0, null])
    expect((await node.output).split('\n')).toHaveLength(2)
    await expect(stat(runtimeFile)).rejects.toMatchObject({ code: 'ENOENT' })
    for (const pid of engines) expect(isAlive(pid)).toBe(false)
    expect((await cli('status')).code).toBe(3)
  }, 60_000)

  it('logs JSON lines when nobody watches on a terminal, and never its token', async () => {
    const node = startNode()
    const token = (await node.firstLine).split('token=')[1] ?? ''
    node.child.kill('SIGINT')
    expect(await node.exit).toEqual([0, null])
    const lines = (await node.errors).trim().split('\n')
    for (const line of lines.filter(Boolean)) expect(() => JSON.parse(line)).not.toThrow()
    expect(token).toHaveLength(43)
    expect(await node.errors).not.toContain(token)
  }, 30_000)

  it('stops when the process that started it has gone', async () => {
    const node = startNode()
    await node.firstLine
    node.child.disconnect()
    expect(await node.exit).toEqual([0, null])
  }, 30_000)

  it('leaves the folder to the node that runs on it', async () => {
    const node = startNode()
    await node.firstLine
    const second = startNode()
    expect(await second.exit).toEqual([1, null])
    expect(await second.errors).toMatch(/rma-donor: DATA_FOLDER_IN_USE: .+\n$/)
    expect((await readRuntime(join(folder, 'home'))).pid).toBe(node.child.pid)
    expect((await cli('status')).code).toBe(0)
    node.child.kill('SIGTERM')
    expect(await node.exit).toEqual([0, null])
  }, 30_000)

  it('is found to be gone after kill -9, and starts again on the same folder', async () => {
    const node = startNode()
    await node.firstLine
    node.child.kill('SIGKILL')
    await node.exit
    expect((await cli('token')).code).toBe(3)
    const again = startNode()
    await again.firstLine
    expect((await cli('token')).code).toBe(0)
  }, 30_000)
})

describe('a node that cannot start says why in one line, exits with 1 and leaves nothing running', () => {
  async function refusal(started: Started): Promise<string> {
    expect(await started.exit).toEqual([1, null])
    expect(await started.output).toBe('')
    const said = (await started.errors).split('\n').filter(line => line.startsWith('rma-donor: '))
    expect(said).toHaveLength(1)
    await expect(stat(join(folder, 'home', 'runtime.json'))).rejects.toThrow()
    return said[0] ?? ''
  }

  it.each([
    ['DHT_PORT', 'high'],
    ['DHT_ENABLED', 'maybe'],
    ['DHT_WORKER_TTL', '-5'],
    ['DASHBOARD_PORT', '70000'],
    ['LOCATION', 'Not A Place'],
  ])('%s=%s', async (name, value) => {
    const line = await refusal(startNode([], { [name]: value }))
    expect(line).toMatch(new RegExp(`^rma-donor: BAD_ENVIRONMENT: ${name}: expected .+, got "${value}"$`))
  })

  it('a data folder that is a file', async () => {
    await writeFile(join(folder, 'home'), 'a file')
    const started = startNode()
    expect(await started.exit).toEqual([1, null])
    expect(await started.errors).toMatch(/^rma-donor: DATA_FOLDER_UNUSABLE: .+\n$/)
    expect(await readFile(join(folder, 'home'), 'utf8')).toBe('a file')
  })

  it.each(['--dht-port', '--service-port', '--dashboard-port'])(
    'a taken %s',
    async option => {
      const other = createServer()
      other.listen(0, '127.0.0.1')
      await once(other, 'listening')
      const address = other.address()
      const port = typeof address === 'object' && address !== null ? String(address.port) : ''
      try {
        expect(await refusal(startNode([option, port]))).toMatch(/^rma-donor: PORT_IN_USE: .*\b\d+\b/)
      } finally {
        other.close()
      }
    },
    30_000,
  )

  it('a wrong flag is a wrong command line', async () => {
    const started = startNode(['--location', 'Not A Place'])
    expect(await started.exit).toEqual([2, null])
    expect(await started.errors).toMatch(/^rma-donor: BAD_REQUEST: location: expected .+\n$/)
  })
})

/** Process ids of the children of a process, where the system tells; none elsewhere. */
async function childrenOf(pid: number | undefined): Promise<number[]> {
  if (process.platform !== 'linux' || pid === undefined) return []
  const listed = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8')
  return listed.trim().split(' ').filter(Boolean).map(Number)
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
