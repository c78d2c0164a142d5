import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import type { InstallStep } from '../../../shared/schema/tunnel.ts'
import { KiB } from '../../../shared/units.ts'
import { CloudflaredInstall } from './install.ts'

/** Runs, and is large enough to come in many pieces. */
const program = Buffer.concat([
  Buffer.from('#!/bin/sh\necho "cloudflared version 2026.8.0 (built 2026-08-03)"\nexit\n'),
  Buffer.alloc(512 * KiB, '#'),
])
const sha256 = createHash('sha256').update(program).digest('hex')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let answer: (response: ServerResponse) => void
let installed: number
const server = createServer((_, response) => answer(response))

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
beforeEach(async () => {
  folder = await temporaryFolder()
  answer = response => response.end(program)
  installed = 0
})
afterEach(() => folder.remove())
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function install(sum = sha256): CloudflaredInstall {
  const file = { name: 'cloudflared-linux-amd64', sha256: sum, size: program.length }
  return new CloudflaredInstall(
    {
      dataFolder: folder.path,
      releases: { version: '2026.8.0', files: { 'linux-x64': file } },
      platform: 'linux',
      arch: 'x64',
      baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      env: {},
      usual: [],
    },
    () => installed++,
  )
}

async function stepsOf(one: CloudflaredInstall): Promise<InstallStep[]> {
  const steps: InstallStep[] = []
  for await (const step of one.run()) steps.push(step)
  return steps
}

const kept = () => readdir(join(folder.path, 'bin'))

it('says what there is to agree to, downloads it with its progress, and then says where it lies', async () => {
  const one = install()
  const bytes = program.length
  expect(await one.offer()).toEqual({ kind: 'offered', version: '2026.8.0', bytes, source: '127.0.0.1' })
  const steps = await stepsOf(one)
  const here = { kind: 'here', path: join(folder.path, 'bin', 'cloudflared'), version: '2026.8.0' }
  expect(steps.at(-1)).toEqual(here)
  expect(steps).toContainEqual({ kind: 'progress', received: bytes, total: bytes })
  expect(await one.offer()).toEqual(here)
  expect(installed).toBe(1)
})

it('refuses a file with another checksum, keeps nothing of it, and may be asked again', async () => {
  const one = install('0'.repeat(64))
  for (const _ of [1, 2]) await expect(stepsOf(one)).rejects.toMatchObject({ code: 'SIDECAR_HASH_MISMATCH' })
  expect([await kept(), installed]).toEqual([[], 0])
})

it('leaves nothing when it is called off, by a signal or because nobody reads on', async () => {
  answer = response => response.write(program.subarray(0, 100 * KiB))
  const one = install()
  const stop = new AbortController()
  await expect(async () => {
    for await (const _ of one.run(stop.signal)) stop.abort()
  }).rejects.toMatchObject({ name: 'AbortError' })
  expect(await kept()).toEqual([])
  for await (const step of one.run()) {
    expect(step.kind).toBe('progress')
    break
  }
  expect([await kept(), installed]).toEqual([[], 0])
})

it('does not begin while another goes on', async () => {
  const one = install()
  const first = one.run()
  await first.next()
  await expect(one.run().next()).rejects.toMatchObject({ code: 'BUSY' })
  await first.return()
  expect((await stepsOf(one)).at(-1)?.kind).toBe('here')
})

it('says where to get it, where no checksum is pinned', async () => {
  const none = new CloudflaredInstall({
    dataFolder: folder.path,
    releases: { version: '2026.8.0', files: {} },
    env: {},
    usual: [],
  })
  const instructions = 'https://developers.cloudflare.com/tunnel/downloads/'
  expect(await none.offer()).toEqual({ kind: 'not-offered', instructions })
  await expect(none.run().next()).rejects.toMatchObject({
    code: 'SIDECAR_MISSING',
    message: expect.stringContaining(instructions),
  })
})
