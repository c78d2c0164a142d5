import { once } from 'node:events'
import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { onLoopback, startCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

// A node that cannot start says why in one line, exits with 1, and leaves nothing running and nothing half made.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let home: string

beforeEach(async () => {
  folder = await temporaryFolder()
  home = join(folder.path, 'home')
})
afterEach(() => folder.remove())

/** Starts a node in vain; the line it said. */
async function refusal(args: readonly string[] = [], env: NodeJS.ProcessEnv = {}, dataFolder = home): Promise<string> {
  const { child, outcome } = startCommand(['headless', '--data-folder', dataFolder, ...onLoopback, ...args], { env })
  const { code, stdout, stderr } = await outcome
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
  expect(stderr.match(/\n/g)).toHaveLength(1)
  expect(child.exitCode).toBe(1)
  return stderr.trim()
}

it.each([
  ['SERVICE_PORT', '80000'],
  ['DHT_HEARTBEAT_INTERVAL', '30s'],
  ['LOCATION', 'Not A Place'],
])('%s=%s: the line names the variable, what it takes and what came', async (name, value) => {
  const line = await refusal([], { [name]: value })
  expect(line).toMatch(new RegExp(`^rma-donor: BAD_ENVIRONMENT: ${name}: expected .+, got "${value}"$`))
  expect(await readdir(folder.path)).toEqual([])
})

it.each(['--dht-port', '--service-port', '--dashboard-port'])('a taken %s', async option => {
  const other = createServer().listen(0, '127.0.0.1')
  await once(other, 'listening')
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  try {
    expect(await refusal([option, String(port)])).toMatch(new RegExp(`^rma-donor: PORT_IN_USE: .*\\b${port}\\b`))
    expect(await readdir(home)).not.toContain('runtime.json')
  } finally {
    other.close()
  }
})

it('a data folder that is a file', async () => {
  await writeFile(home, 'a file')
  expect(await refusal()).toMatch(/^rma-donor: DATA_FOLDER_UNUSABLE: /)
  expect(await readFile(home, 'utf8')).toBe('a file')
})

it('a data folder that this user may not use', async () => {
  // To root every folder is open, but for those that the system itself keeps.
  const closed = process.getuid?.() === 0 ? '/sys/rma-donor' : home
  if (closed === home) await mkdir(home, { mode: 0o000 })
  const line = await refusal([], {}, closed)
  if (closed === home) await chmod(home, 0o700)
  expect(line).toMatch(/^rma-donor: DATA_FOLDER_UNUSABLE: /)
  expect(line).toContain(closed)
})

it.each([
  ['identity.key', 'IDENTITY_CORRUPT'],
  ['datastore', 'DATA_FOLDER_UNUSABLE'],
])('a data folder whose %s is spoilt', async (file, code) => {
  await mkdir(home)
  await writeFile(join(home, file), 'spoilt')
  expect(await refusal()).toMatch(new RegExp(`^rma-donor: ${code}: `))
  expect(await readFile(join(home, file), 'utf8')).toBe('spoilt')
})
