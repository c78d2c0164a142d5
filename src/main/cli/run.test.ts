import { createHash, randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sampleContribution, sampleRoutingReport, sampleStatus, sampleTopology } from '../../shared/testing/samples.ts'
import { systemClock } from '../clock.ts'
import { loadAccessToken } from '../config/access-token.ts'
import { type Runtime, writeRuntime } from '../config/runtime-file.ts'
import { DashboardServer } from '../headless/dashboard-server.ts'
import { createLog, LogBuffer } from '../log.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { StandInNode } from '../rpc/testing/stand-in-node.ts'
import { CloudflaredInstall } from '../tunnels/cloudflared/install.ts'
import { run } from './run.ts'

const log = createLog({ level: 'error', buffer: new LogBuffer() })
const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(300_000)])

/** Sets a terminal's title, in both forms that begin such an order. */
const steering = 'Dear\u001b]0;owned\u0007 Ms\u009b2J Whitfield'

let folder: string
let node: StandInNode
let dashboard: DashboardServer
let services: Server
let received: { request: IncomingMessage; body: Buffer }[]
let answer: (response: ServerResponse, request: IncomingMessage) => void
let runtime: Runtime
let token: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rma-cli-'))
  token = await loadAccessToken(folder)
  node = new StandInNode()
  dashboard = new DashboardServer(
    { rpc: createRpcHandler(node, log), clock: systemClock, log },
    { port: { port: 0, explicit: true }, token, pagesFolder: join(folder, 'none') },
  )
  await dashboard.start()
  received = []
  answer = response => sendJson(response, 200, { text: 'Dear Ms Whitfield,', confidence: 0.9 })
  services = createServer(async (request, response) => {
    received.push({ request, body: await buffer(request) })
    answer(response, request)
  })
  services.listen(0, '127.0.0.1')
  await once(services, 'listening')
  runtime = {
    pid: process.pid,
    peerId: sampleStatus.self.peerId,
    addresses: [],
    serviceUrl: `http://127.0.0.1:${(services.address() as AddressInfo).port}`,
    rpcUrl: dashboard.rpcUrl,
    dashboardUrl: dashboard.url,
  }
  await writeRuntime(folder, runtime)
  await writeFile(join(folder, 'open-network-notice'), '')
})

afterEach(async () => {
  services.closeAllConnections()
  await new Promise(resolve => services.close(resolve))
  await dashboard.stop()
  await rm(folder, { recursive: true, force: true })
})

function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

interface Outcome {
  code: number
  output: Buffer
  text: string
  errors: string
}

async function cli(
  args: string[],
  {
    input = Readable.from([]),
    signal = new AbortController().signal,
    isTTY = false,
  }: { input?: Readable; signal?: AbortSignal; isTTY?: boolean } = {},
): Promise<Outcome> {
  const [output, errorOutput] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()]
  const collected = Promise.all([buffer(output), buffer(errorOutput)])
  const code = await run(args, {
    env: { RMA_DONOR_HOME: folder },
    version: '1.2.3',
    entryUrl: import.meta.url,
    input,
    output,
    errorOutput,
    signal,
    now: () => sampleStatus.self.startedAt + 60_000,
  })
  output.end()
  errorOutput.end()
  const [out, err] = await collected
  return { code, output: out, text: out.toString(), errors: err.toString() }
}

describe('rma-donor request', () => {
  it('sends a file with its type and the token, and prints the text of the answer', async () => {
    const file = join(folder, 'letter.png')
    await writeFile(file, png)
    const outcome = await cli(['request', 'ocr', file, '--timeout', '1.5'])
    expect(outcome).toMatchObject({ code: 0, text: 'Dear Ms Whitfield,\n', errors: '' })
    const { request, body } = received[0] ?? {}
    expect(request).toMatchObject({ method: 'POST', url: '/service/ocr' })
    expect(request?.headers).toMatchObject({
      authorization: `Bearer ${token}`,
      'content-type': 'image/png',
      'content-length': String(png.length),
      'x-rma-deadline-ms': '1500',
    })
    expect(body?.equals(png)).toBe(true)
  })

  it('says which model and which languages whoever serves it must have', async () => {
    await cli(['request', 'vision-ocr', '-', '--model', 'llava:7b', '--languages', 'deu+eng'])
    expect(received[0]?.request.headers).toMatchObject({ 'x-rma-model': 'llava:7b', 'x-rma-languages': 'deu,eng' })
    expect(await cli(['request', 'ocr', '-', '--languages', 'German'])).toMatchObject({ code: 2 })
    expect(received).toHaveLength(1)
  })

  it('reads a pipe, byte for byte, and tells the type from it', async () => {
    const pieces = [png.subarray(0, 70_000), png.subarray(70_000)]
    expect((await cli(['request', 'ocr'], { input: Readable.from(pieces) })).code).toBe(0)
    expect((await cli(['request', 'ocr', '-', '--type', 'image/x-own'], { input: Readable.from(pieces) })).code).toBe(0)
    expect(received.map(({ request }) => request.headers['content-type'])).toEqual(['image/png', 'image/x-own'])
    for (const { body } of received) expect(body.equals(png)).toBe(true)
  })

  it.each([
    ['text', 'application/json', JSON.stringify({ text: steering }), []],
    ['lines', 'text/plain', steering, ['--accept', 'text/plain']],
    ['JSON that was asked for', 'application/json', `{"a": "${steering}"}`, ['--json']],
  ])('lets no answer of a stranger steer the terminal: %s', async (_, type, body, options) => {
    answer = response => void response.writeHead(200, { 'content-type': type }).end(body)
    const { text } = await cli(['request', 'ocr', '-', ...options], { isTTY: true })
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(text).toContain('Dear')
    const piped = await cli(['request', 'ocr', '-', ...options])
    expect(piped.text).toContain('\u001b')
  })

  it('lets no error of a stranger steer the terminal', async () => {
    answer = response => sendJson(response, 503, { error: { code: 'BUSY', message: steering, details: {} } })
    const { errors, text } = await cli(['request', 'ocr', '-', '--json'])
    expect(errors).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(text).not.toMatch(/(?!\n)\p{Cc}/u)
    expect(JSON.parse(text)).toMatchObject({ error: { message: steering } })
  })

  it('prints the whole answer with --json, and an answer without text as it came', async () => {
    answer = response => sendJson(response, 200, { sums: [] })
    expect((await cli(['request', 'ner-extraction', '-'])).text).toBe('{"sums":[]}\n')
    expect((await cli(['request', 'ner-extraction', '-', '--json'])).text).toBe('{"sums":[]}')
  })

  it('prints entities as a table that steers no terminal', async () => {
    const entity = { type: 'person', text: 'x', start: 8, end: 9, value: 'Ann\u001b[31m', confidence: 0.95 }
    answer = response => sendJson(response, 200, { entities: [entity] })
    const { text } = await cli(['request', 'ner-extraction', '-', '--accept', 'application/json'])
    expect(text).toBe('type    value     at  confidence\nperson  Ann [31m  8   0.95\n')
    expect(received[0]?.request.headers.accept).toBe('application/json')
    answer = response => sendJson(response, 200, { entities: [] })
    expect((await cli(['request', 'ner-extraction', '-'])).text).toBe('Nothing found.\n')
  })

  it('passes an answer of bytes on unchanged, to a pipe or a file', async () => {
    answer = response => response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(png)
    expect((await cli(['request', 'enhance', '-'])).output.equals(png)).toBe(true)
    const file = join(folder, 'answer')
    expect(await cli(['request', 'enhance', '-', '--output', file])).toMatchObject({ code: 0, text: '' })
    expect((await readFile(file)).equals(png)).toBe(true)
  })

  it('says the code and the message when it fails, and exits with 1', async () => {
    const error = { code: 'NO_WORKER', message: 'nobody offers ocr', details: { service: 'ocr', tried: [] } }
    answer = response => sendJson(response, 503, { error })
    const outcome = await cli(['request', 'ocr', '-', '--json'])
    expect(outcome.code).toBe(1)
    expect(outcome.errors).toBe('rma-donor: NO_WORKER: nobody offers ocr\n')
    expect(JSON.parse(outcome.text)).toEqual({ error })
  })

  it('says PROTOCOL when what answers is no node', async () => {
    answer = response => response.writeHead(502).end('<h1>Bad gateway</h1>')
    expect(await cli(['request', 'ocr', '-'])).toMatchObject({
      code: 1,
      errors: 'rma-donor: PROTOCOL: expected an error in JSON, got HTTP status 502\n',
    })
  })

  it('says BAD_INPUT for a file that cannot be read', async () => {
    const missing = await cli(['request', 'ocr', join(folder, 'none.png')])
    expect(missing).toMatchObject({ code: 1, errors: expect.stringContaining('BAD_INPUT') })
    expect((await cli(['request', 'ocr', folder])).errors).toContain('it is a folder')
    expect(received).toEqual([])
  })

  it('hangs up when it is interrupted, and exits with 130', async () => {
    const controller = new AbortController()
    const gone = new Promise(resolve => {
      answer = (_, request) => {
        request.socket.once('close', resolve)
        controller.abort()
      }
    })
    const outcome = await cli(['request', 'ocr', '-'], { signal: controller.signal })
    await gone
    expect(outcome).toMatchObject({ code: 130, errors: 'rma-donor: CANCELLED: the request was cancelled\n' })
  })

  it('leaves no half file behind when an answer breaks off', async () => {
    answer = response => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '1000' })
      response.write('half', () => response.destroy())
    }
    const file = join(folder, 'answer')
    expect((await cli(['request', 'enhance', '-', '--output', file])).code).toBe(1)
    await expect(readFile(file)).rejects.toMatchObject({ code: 'ENOENT' })
  })
})

describe('the notice of an open network', () => {
  const notice = 'The network "local" is open: whoever donates to it may read what you send. (Said once.)\n'

  it('comes with the first request, and once', async () => {
    await rm(join(folder, 'open-network-notice'))
    expect((await cli(['request', 'ocr', '-'])).errors).toBe(notice)
    expect((await cli(['request', 'ocr', '-'])).errors).toBe('')
  })

  it('does not come on a network with members', async () => {
    await rm(join(folder, 'open-network-notice'))
    const network = { ...sampleStatus.self.network, open: false }
    node.status.set({ ...sampleStatus, self: { ...sampleStatus.self, network } })
    expect((await cli(['request', 'ocr', '-'])).errors).toBe('')
  })
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
