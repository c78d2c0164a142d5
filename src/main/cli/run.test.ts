import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { sampleContribution, sampleRoutingReport, sampleStatus, sampleTopology } from '../../shared/testing/samples.ts'
import { writeRuntime } from '../config/runtime-file.ts'
import { StandInNode } from '../rpc/testing/stand-in-node.ts'
import { CloudflaredInstall } from '../tunnels/cloudflared/install.ts'
import { type Answer, type CommandedNode, sendJson, startCommandedNode } from './test-cli.ts'

let answer: Answer
let cli: CommandedNode['cli']
let dashboard: CommandedNode['dashboard']
let folder: string
let node: CommandedNode['node']
let received: CommandedNode['received']
let runtime: CommandedNode['runtime']
let token: string

beforeEach(async () => {
  answer = response => sendJson(response, 200, { text: 'Dear Ms Whitfield,', confidence: 0.9 })
  ;({ cli, dashboard, folder, node, received, runtime, token } = await startCommandedNode((...asked) =>
    answer(...asked),
  ))
})

describe('rma-donor donate', () => {
  it('asks for agreement the first time, then switches on and off', async () => {
    const refused = await cli(['donate', 'on'])
    expect(refused).toMatchObject({ code: 1, text: '' })
    expect(refused.errors).toMatch(/^rma-donor: CONSENT_REQUIRED: .*--agree\n$/)
    expect(await cli(['donate', 'on', '--agree'])).toMatchObject({ code: 0, text: 'Donating.\n' })
    expect(node.status.get().donating).toBe(true)
    expect(JSON.parse((await cli(['donate', 'off', '--json'])).text)).toEqual({ donating: false })
    expect(node.status.get().donating).toBe(false)
  })
})

describe('rma-donor status, topology, stats and token', () => {
  it('print what the node says, in words or exactly', async () => {
    expect((await cli(['status'])).text).toContain('Activity   Off: nothing runs for others')
    expect(JSON.parse((await cli(['status', '--json'])).text)).toEqual({
      ...sampleStatus,
      today: sampleContribution.served,
    })
    expect((await cli(['topology'])).text).toContain('0 connected · 0 known · 0 donating')
    expect(JSON.parse((await cli(['topology', '--json'])).text)).toEqual(sampleTopology)
    expect((await cli(['stats'])).text).toContain('0 served here, 0 by workers')
    expect(JSON.parse((await cli(['stats', '--json'])).text)).toEqual(sampleRoutingReport)
  })

  it('print the token alone on standard output, and the dashboard’s address beside it', async () => {
    const dashboardUrl = `${dashboard.url}?token=${token}`
    expect(await cli(['token'])).toMatchObject({ text: `${token}\n`, errors: `Dashboard: ${dashboardUrl}\n` })
    expect(JSON.parse((await cli(['token', '--json'])).text)).toEqual({ token, dashboardUrl })
  })
})

describe('rma-donor contribution export', () => {
  it('writes what the node hands over to a file, and says BAD_INPUT where that cannot be written', async () => {
    const [file, nowhere] = [join(folder, 'jobs.csv'), join(folder, 'nowhere', 'jobs.csv')]
    expect(await cli(['contribution', 'export', '--output', file])).toMatchObject({ code: 0, text: '' })
    expect(await readFile(file, 'utf8')).toBe((await cli(['contribution', 'export'])).text)
    const refused = await cli(['contribution', 'export', '--output', nowhere])
    expect(refused.code).toBe(1)
    expect(refused.errors).toMatch(/^rma-donor: BAD_INPUT: .*jobs\.csv could not be written: ENOENT.*\n$/)
  })
})

describe('rma-donor tunnel install', () => {
  const program = '#!/bin/sh\necho "cloudflared version 2026.8.0 (built 2026-08-03)"\n'

  /** A node that downloads cloudflared from this machine. */
  function pin(sha256 = createHash('sha256').update(program).digest('hex')): void {
    answer = response => response.end(program)
    const file = { name: 'cloudflared-linux-amd64', sha256, size: program.length }
    node.cloudflared = new CloudflaredInstall({
      dataFolder: folder,
      releases: { version: '2026.8.0', files: { 'linux-x64': file } },
      platform: 'linux',
      arch: 'x64',
      baseUrl: runtime.serviceUrl,
      env: {},
      usual: [],
    })
  }

  it('asks first, and downloads nothing unless it is told yes', async () => {
    pin()
    const question = 'Download cloudflared 2026.8.0 (0.0 MiB) from 127.0.0.1? [y/N] '
    for (const said of [['n\n'], ['\n'], []]) {
      const outcome = await cli(['tunnel', 'install'], { input: Readable.from(said) })
      expect(outcome).toMatchObject({ text: '', errors: `${question}rma-donor: CANCELLED: nothing was downloaded\n` })
      expect(outcome.code).not.toBe(0)
    }
    expect((await cli(['tunnel', 'install', '--json'])).errors).toContain('expected --yes')
    expect(received).toEqual([])
    const path = join(folder, 'bin', 'cloudflared')
    const yes = await cli(['tunnel', 'install'], { input: Readable.from(['y\n']) })
    expect(yes).toMatchObject({ code: 0, text: `cloudflared 2026.8.0: ${path}\n`, errors: question })
    // It is there now: nobody is asked, and nothing is downloaded.
    const again = await cli(['tunnel', 'install', '--json'])
    expect(JSON.parse(again.text)).toEqual({ kind: 'here', path, version: '2026.8.0' })
    expect(received).toHaveLength(1)
  })

  it('says so when another file came, and where to get it when this version names none', async () => {
    pin('0'.repeat(64))
    const wrong = await cli(['tunnel', 'install', '--yes'])
    expect([wrong.code, wrong.errors]).toEqual([1, expect.stringContaining('SIDECAR_HASH_MISMATCH')])
    node.cloudflared = new StandInNode().cloudflared
    const none = await cli(['tunnel', 'install'])
    expect(none.code).toBe(1)
    expect(none.errors).toContain('get it from https://developers.cloudflare.com/tunnel/downloads/')
  })
})

describe('where no node runs', () => {
  const commands = [['status'], ['topology'], ['token'], ['donate', 'off'], ['request', 'ocr', '-']]

  it.each(commands)('%s says so in one line and exits with 3', async (...args) => {
    const empty = join(folder, 'empty')
    expect(await cli([...args, '--data-folder', empty])).toMatchObject({
      code: 3,
      errors: `rma-donor: NODE_NOT_RUNNING: no node is running on the data folder ${empty}\n`,
    })
  })

  it('a runtime file left by a dead process does not count', async () => {
    // Beyond the largest process id of any system.
    await writeRuntime(folder, { ...runtime, pid: 2 ** 30 })
    expect((await cli(['status'])).code).toBe(3)
  })

  it('nor does one whose ports nobody listens on any more', async () => {
    await dashboard.stop()
    expect((await cli(['status'])).code).toBe(3)
    await writeRuntime(folder, { ...runtime, serviceUrl: 'http://127.0.0.1:1' })
    expect((await cli(['request', 'ocr', '-'])).code).toBe(3)
  })
})

describe('a wrong command line', () => {
  it.each([
    [[]],
    [['frobnicate']],
    [['status', '--frobnicate']],
    [['donate']],
    [['donate', 'maybe']],
    [['request']],
    [['request', 'Not A Service']],
    [['request', 'ocr', 'a', 'b']],
    [['request', 'ocr', '-', '--timeout', '0']],
    [['request', 'ocr', '-', '--timeout', 'soon']],
    [['headless', '--dht-port', '70000']],
    [['headless', '--seed', 'somewhere']],
    [['headless', '--pretend', '{"cpuThreads": -1}']],
    [['headless', '--pretend', '/nonexistent']],
    [['headless', '--log-level', 'loud']],
  ])('%j exits with 2', async args => {
    const outcome = await cli(args)
    expect(outcome).toMatchObject({ code: 2, text: '' })
    expect(outcome.errors).not.toBe('')
    expect(received).toEqual([])
  })

  it('help and version are no errors, and help lists the exit codes', async () => {
    expect(await cli(['--version'])).toMatchObject({ code: 0, text: '1.2.3\n' })
    expect(await cli(['--help'])).toMatchObject({ code: 0, text: expect.stringContaining('no node is running') })
    expect((await cli(['request', '--help'])).code).toBe(0)
  })
})
