import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, readdir, stat, writeFile } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import fc from 'fast-check'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { CloudflaredDownload } from './download.ts'
import { readTarHeader } from './tar-entry.ts'

const script = Buffer.from('#!/bin/sh\necho "cloudflared version 2026.8.0 (built 2026-08-03)"\n')
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let asked: string[]
let answer: (response: ServerResponse) => void
const server = createServer((request, response) => {
  asked.push(request.url ?? '')
  if (request.url?.startsWith('/moved')) answer(response)
  else response.writeHead(302, { location: `/moved${request.url}` }).end()
})

beforeAll(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})
beforeEach(async () => {
  folder = await temporaryFolder()
  asked = []
  answer = response => response.end(script)
})
afterEach(() => folder.remove())
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

function download(bytes: Buffer, { name = 'cloudflared-linux-amd64', sha256 = sha256Of(bytes) } = {}) {
  const files = { 'linux-x64': { name, sha256, size: bytes.length } }
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const releases = { version: '2026.8.0', files }
  return new CloudflaredDownload({ dataFolder: folder.path, releases, platform: 'linux', arch: 'x64', baseUrl })
}

const sha256Of = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')

/** A ustar archive of these files. */
function tarOf(files: Record<string, Buffer>): Buffer {
  const blocks = Object.entries(files).flatMap(([name, content]) => {
    const header = Buffer.alloc(512)
    header.write(name)
    header.write(`${content.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('        ', 148)
    header.write('0', 156)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, content, Buffer.alloc((512 - (content.length % 512)) % 512)]
  })
  return Buffer.concat([...blocks, Buffer.alloc(1_024)])
}

describe('downloading cloudflared', () => {
  it('puts it into the data folder for its owner alone, and does so once', async () => {
    const received: number[] = []
    const path = join(folder.path, 'bin', 'cloudflared')
    const here = { kind: 'here', program: { path, version: '2026.8.0' } }
    expect(await download(script).run({ onProgress: progress => received.push(progress.received) })).toEqual(here)
    expect((await stat(path)).mode & 0o777).toBe(0o700)
    expect(received.at(-1)).toBe(script.length)
    expect(await download(script).run()).toEqual(here)
    expect(asked).toEqual(['/2026.8.0/cloudflared-linux-amd64', '/moved/2026.8.0/cloudflared-linux-amd64'])
  })

  it('keeps nothing of a file that is another, cut off, too large or missing', async () => {
    const cases: [string, typeof answer][] = [
      ['SIDECAR_HASH_MISMATCH', response => response.end(Buffer.from(script).fill('x'))],
      ['SIDECAR_DOWNLOAD_FAILED', response => response.end(script.subarray(1))],
      [
        'SIDECAR_DOWNLOAD_FAILED',
        response =>
          response
            .writeHead(200, { 'content-length': script.length })
            .write(script.subarray(1), () => response.destroy()),
      ],
      ['SIDECAR_DOWNLOAD_FAILED', response => response.end(Buffer.concat([script, script]))],
      ['SIDECAR_DOWNLOAD_FAILED', response => response.writeHead(404).end()],
      ['SIDECAR_DOWNLOAD_FAILED', response => response.writeHead(302, { location: 'http://192.0.2.1/x' }).end()],
    ]
    for (const [code, given] of cases) {
      answer = given
      await expect(download(script).run()).rejects.toMatchObject({ code })
      expect(await readdir(join(folder.path, 'bin'))).toEqual([])
    }
  })

  it('begins anew where a node was killed while it downloaded, and clears that away', async () => {
    const left = join(folder.path, 'bin', 'download-0a1b2c')
    await mkdir(left, { recursive: true })
    await writeFile(join(left, 'downloaded'), script.subarray(0, 9))
    await download(script).run()
    expect(await readdir(join(folder.path, 'bin'))).toEqual(['cloudflared'])
  })

  it('keeps nothing when it is told to stop', async () => {
    answer = response => response.write(script.subarray(0, 9))
    const stop = new AbortController()
    const run = download(script).run({ signal: stop.signal, onProgress: () => stop.abort() })
    await expect(run).rejects.toMatchObject({ name: 'AbortError' })
    expect(await readdir(join(folder.path, 'bin'))).toEqual([])
  })

  it('takes the program out of an archive, and no other file', async () => {
    const name = 'cloudflared-darwin-arm64.tgz'
    const tgz = gzipSync(
      tarOf({ '../cloudflared': Buffer.from('no'), LICENSE: Buffer.alloc(700), cloudflared: script }),
    )
    answer = response => response.end(tgz)
    expect(await download(tgz, { name }).run()).toMatchObject({ program: { version: '2026.8.0' } })
    expect(await readdir(folder.path)).toEqual(['bin'])
    expect(await readdir(join(folder.path, 'bin'))).toEqual(['cloudflared'])
  })

  it('refuses archives that lack it or end before it does', async () => {
    const whole = tarOf({ cloudflared: script })
    const archives = [tarOf({ other: script }), whole.subarray(0, 520), Buffer.from('x'), Buffer.alloc(0)].map(tar =>
      gzipSync(tar),
    )
    for (const tgz of [...archives, Buffer.from('no gzip'), gzipSync(whole).subarray(0, 60)]) {
      await folder.remove()
      folder = await temporaryFolder()
      answer = response => response.end(tgz)
      const run = download(tgz, { name: 'cloudflared-darwin-arm64.tgz' }).run()
      await expect(run).rejects.toMatchObject({ code: 'SIDECAR_DOWNLOAD_FAILED' })
      expect(await readdir(join(folder.path, 'bin'))).toEqual([])
    }
  })

  it('offers nothing where no checksum is pinned', async () => {
    const none = new CloudflaredDownload({ dataFolder: folder.path, releases: { version: '2026.8.0', files: {} } })
    expect(none.offered).toBeUndefined()
    expect(await none.run()).toMatchObject({ kind: 'not-offered' })
    expect([asked, await readdir(folder.path)]).toEqual([[], []])
  })

  it('reads headers of archives out of any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 512, maxLength: 512 }), block => {
        expect(readTarHeader(block)).toBeUndefined()
      }),
    )
    const [first] = [tarOf({ cloudflared: script }).subarray(0, 512)]
    fc.assert(
      fc.property(fc.nat({ max: 511 }), fc.integer({ min: 1, max: 255 }), (at, by) => {
        const changed = Buffer.from(first)
        changed[at] = (changed[at] ?? 0) ^ by
        const header = readTarHeader(changed)
        // Spelled otherwise, a checksum may still say the same; nothing else may change.
        if (at < 148 || at >= 156) expect(header).toBeUndefined()
      }),
    )
  })
})
