import { execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { beforeEach, describe, expect, it } from 'vitest'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { type Answer, type CommandedNode, sendJson, startCommandedNode } from './test-cli.ts'

const png = Buffer.concat([Buffer.from('89504e470d0a1a0a', 'hex'), randomBytes(300_000)])

/** Sets a terminal's title, in both forms that begin such an order. */
const steering = 'Dear\u001b]0;owned\u0007 Ms\u009b2J Whitfield'

let answer: Answer
let cli: CommandedNode['cli']
let folder: string
let node: CommandedNode['node']
let received: CommandedNode['received']
let token: string

beforeEach(async () => {
  answer = response => sendJson(response, 200, { text: 'Dear Ms Whitfield,', confidence: 0.9 })
  ;({ cli, folder, node, received, token } = await startCommandedNode((...asked) => answer(...asked)))
})

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

  it('says BAD_INPUT for a file that cannot be written', async () => {
    const nowhere = join(folder, 'nowhere', 'answer.json')
    const outcome = await cli(['request', 'ocr', '-', '--output', nowhere])
    expect(outcome).toMatchObject({ code: 1, text: '' })
    expect(outcome.errors).toMatch(/^rma-donor: BAD_INPUT: .*answer\.json could not be written: ENOENT.*\n$/)
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

  it.each([
    ['bytes', 'application/octet-stream', []],
    ['text', 'application/json', []],
    ['a file', 'application/json', ['--output', 'answer']],
  ])('says in one line that the connection broke where an answer breaks off: %s', async (_, type, [option, name]) => {
    answer = response => {
      response.writeHead(200, { 'content-type': type, 'content-length': '1000' })
      response.write('{"text":', () => response.destroy())
    }
    const output = option === undefined || name === undefined ? [] : [option, join(folder, name)]
    const { code, errors } = await cli(['request', 'enhance', '-', ...output])
    expect(code).toBe(1)
    expect(errors).toMatch(/^rma-donor: WORKER_LOST: the connection to the node broke: .*\n$/)
  })

  it.runIf(process.platform !== 'win32')('takes away no pipe or device that it was told to write to', async () => {
    answer = response => {
      response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-length': '1000' })
      response.write('half', () => response.destroy())
    }
    const pipe = join(folder, 'pipe')
    execFileSync('mkfifo', [pipe])
    const reader = readFile(pipe)
    expect((await cli(['request', 'enhance', '-', '--output', pipe])).code).toBe(1)
    await reader
    expect((await stat(pipe)).isFIFO()).toBe(true)
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
