import { randomBytes } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { request } from 'undici'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { MiB } from '../../src/shared/units.ts'
import { drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback, runCommand, startCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

// A donor, and a node that has nobody but the donor to send its requests to. What is wrong is said with a status and a
// code, whichever of them is asked; after each the next good request is answered.

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let donor: NodeProcess
let requester: NodeProcess
let note: Buffer

beforeAll(async () => {
  folder = await temporaryFolder()
  note = await drawPage(['Please call us on Monday.'], { width: 700, height: 160 }).png().toBuffer()
  donor = await NodeProcess.start({ folder: folder.path, name: 'donor', args: [...onLoopback, '--donate'] })
  const seeds = (await donor.runtime()).addresses.flatMap(address => ['--seed', address])
  requester = await NodeProcess.start({ folder: folder.path, name: 'requester', args: [...onLoopback, ...seeds] })
  await vi.waitFor(() => expectGoodAnswer(requester), { interval: 200 })
})

afterAll(async () => {
  await Promise.all([donor?.kill(), requester?.kill()])
  await folder.remove()
})

interface Ask {
  service?: string
  body?: Buffer | Readable
  headers?: Record<string, string>
}

async function answerOf(node: NodeProcess, { service = 'ocr', body = note, headers = {} }: Ask) {
  const response = await request(new URL(`/service/${service}`, (await node.runtime()).serviceUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${await node.token()}`, 'content-type': 'image/png', ...headers },
    body,
  })
  return { status: response.statusCode, body: (await response.body.json()) as unknown }
}

async function expectGoodAnswer(node: NodeProcess): Promise<void> {
  expect(await answerOf(node, {})).toMatchObject({ status: 200, body: { text: 'Please call us on Monday.\n' } })
}

/** Requests for OCR that a node works on now. */
async function runningJobs(node: NodeProcess): Promise<number> {
  const response = await request(new URL('/services', (await node.runtime()).serviceUrl), {
    headers: { authorization: `Bearer ${await node.token()}` },
  })
  const { services } = (await response.body.json()) as { services: { type: string; running: number }[] }
  return services.find(({ type }) => type === 'ocr')?.running ?? 0
}

const json = { headers: { 'content-type': 'application/json' } }
const large = () => Buffer.alloc(30 * MiB)
/** In chunks, so that its length is not known before it has been read. */
const largePiped = () => Readable.from(Array.from({ length: 30 }, () => Buffer.alloc(MiB)))

describe.each(['donor', 'requester'] as const)('the %s answers', name => {
  const node = () => (name === 'donor' ? donor : requester)

  it.each<[string, number, string, () => Ask]>([
    ['an empty body', 422, 'EMPTY_BODY', () => ({ body: Buffer.alloc(0) })],
    ['a file of 30 MiB', 413, 'TOO_LARGE', () => ({ body: large() })],
    ['a pipe of 30 MiB', 413, 'TOO_LARGE', () => ({ body: largePiped() })],
    ['a text file called .png', 415, 'UNSUPPORTED_TYPE', () => ({ body: Buffer.from('Dear Sir or Madam,') })],
    ['a type that OCR does not take', 415, 'UNSUPPORTED_TYPE', () => ({ headers: { 'content-type': 'text/plain' } })],
    ['a PNG cut short', 422, 'BAD_INPUT', () => ({ body: note.subarray(0, note.length / 2) })],
    ['a PNG of noise', 422, 'BAD_INPUT', () => ({ body: Buffer.concat([note.subarray(0, 8), randomBytes(5_000)]) })],
    ['JSON cut short', 422, 'BAD_INPUT', () => ({ ...json, body: Buffer.from('{"document": "iVBO') })],
    ['JSON without a document', 422, 'BAD_INPUT', () => ({ ...json, body: Buffer.from('{"file": ""}') })],
    ['an unknown service', 404, 'UNKNOWN_SERVICE', () => ({ service: 'fortune-telling' })],
    ['no service name', 404, 'UNKNOWN_SERVICE', () => ({ service: 'Not%20a%20service' })],
    ['a deadline in words', 422, 'BAD_HEADER', () => ({ headers: { 'x-rma-deadline-ms': 'soon' } })],
    ['a deadline of nothing', 422, 'BAD_HEADER', () => ({ headers: { 'x-rma-deadline-ms': '0' } })],
    ['no token', 401, 'UNAUTHORIZED', () => ({ headers: { authorization: '' } })],
    ['a wrong token', 401, 'UNAUTHORIZED', () => ({ headers: { authorization: `Bearer ${'A'.repeat(43)}` } })],
  ])('%s with %i %s', async (_, status, code, ask) => {
    expect(await answerOf(node(), ask())).toMatchObject({ status, body: { error: { code } } })
    await expectGoodAnswer(node())
  })
})

describe('rma-donor request', () => {
  it.each<[string, string, Buffer, RegExp]>([
    ['a text file called .png', 'note.png', Buffer.from('Dear Sir or Madam,'), /^rma-donor: UNSUPPORTED_TYPE: .+\n$/],
    ['an empty file', 'empty.png', Buffer.alloc(0), /^rma-donor: EMPTY_BODY: .+\n$/],
    ['a file of 30 MiB', 'large.png', large(), /^rma-donor: TOO_LARGE: .+\n$/],
  ])('says what is wrong with %s in one line, and exits with 1', async (_, name, bytes, line) => {
    const file = join(folder.path, name)
    await writeFile(file, bytes)
    // The first request of all says that the network is open.
    await requester.command(['request', 'ocr', '-'], note)
    const { code, stdout, stderr } = await requester.command(['request', 'ocr', file])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(line)
  })

  it('exits with 0, 1, 2, 3 as its help says', async () => {
    const codeOf = async (...args: string[]) => (await requester.command(args, note)).code
    expect(await codeOf('request', 'ocr', '-')).toBe(0)
    expect(await codeOf('request', 'fortune-telling', '-')).toBe(1)
    expect(await codeOf('request', 'ocr', '-', '--timeout', 'soon')).toBe(2)
    expect((await runCommand(['status', '--data-folder', join(folder.path, 'nobody')])).code).toBe(3)
  })

  it('ends the job on the worker when it is interrupted, and exits with 130', async () => {
    const page = await drawPage(letter).png().toBuffer()
    const file = join(folder.path, 'long.tiff')
    const pages = Array.from({ length: 40 }, () => page)
    await writeFile(
      file,
      await sharp(pages, { join: { animated: true } })
        .tiff({ compression: 'deflate' })
        .toBuffer(),
    )
    const args = ['request', 'ocr', file, '--data-folder', requester.dataFolder]
    const { child, outcome } = startCommand(args)
    await vi.waitFor(async () => expect(await runningJobs(donor)).toBe(1))
    child.kill('SIGINT')
    expect(await outcome).toMatchObject({ code: 130, stdout: '', stderr: expect.stringContaining('CANCELLED') })
    await vi.waitFor(async () => expect(await runningJobs(donor)).toBe(0))
    await expectGoodAnswer(requester)
  })
})

it('none of it is held against the donor', () => {
  expect(requester.log.filter(line => line.includes('a worker was lost'))).toEqual([])
})

it('when nobody is left, NO_WORKER says who was tried and what came of it', async () => {
  const { peerId } = await donor.runtime()
  await donor.kill()
  const { status, body } = await answerOf(requester, {})
  expect(status).toBe(503)
  expect(body).toMatchObject({
    error: {
      code: 'NO_WORKER',
      details: { service: 'ocr', tried: [{ worker: peerId, code: 'WORKER_LOST' }, { worker: 'coordinator' }] },
    },
  })
})
