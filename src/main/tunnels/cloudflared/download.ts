import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { chmod, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type Dispatcher, request } from 'undici'
import { RmaError } from '../../../shared/errors.ts'
import { minute, second } from '../../../shared/units.ts'
import { syncFolder } from '../../config/durable-file.ts'
import table from './cloudflared-releases.json' with { type: 'json' }
import { type CloudflaredProgram, ownProgramPath, programAt } from './program.ts'
import { type ReleaseFile, type Releases, releaseFor, releasesSchema } from './releases.ts'
import { fileFromTgz } from './tar-entry.ts'

const deadlineMs = 10 * minute
const mostRedirects = 3
const partsPrefix = 'download-'
const instructions = 'https://developers.cloudflare.com/tunnel/downloads/'
const releasesUrl = 'https://github.com/cloudflare/cloudflared/releases'

export interface DownloadInit {
  dataFolder: string
  /** What is pinned; by default what this version of the program was released with. */
  releases?: Releases
  platform?: NodeJS.Platform
  arch?: string
  /** Where releases are; https, except on loopback. */
  baseUrl?: string
  dispatcher?: Dispatcher
}

export interface DownloadOptions {
  signal?: AbortSignal
  onProgress?: (progress: { received: number; total: number }) => void
}

export type DownloadOutcome =
  | { kind: 'here'; program: CloudflaredProgram }
  /** No checksum is pinned for such a machine: its owner gets the program there by other means. */
  | { kind: 'not-offered'; platform: string; arch: string; instructions: string }

/**
 * Downloads cloudflared into the data folder, once: only what has the pinned checksum ever gets its name or is run. Asking
 * the owner first is the caller's part.
 */
export class CloudflaredDownload {
  readonly #init: Required<Omit<DownloadInit, 'dispatcher'>> & Pick<DownloadInit, 'dispatcher'>

  constructor(init: DownloadInit) {
    this.#init = {
      releases: releasesSchema.parse(table),
      platform: process.platform,
      arch: process.arch,
      baseUrl: `${releasesUrl}/download`,
      ...init,
    }
  }

  /** Name of the host that it comes from. */
  get source(): string {
    return new URL(this.#init.baseUrl).hostname
  }

  /** Where owners get it by themselves. */
  get instructions(): string {
    return instructions
  }

  /** Whether there is something to ask the owner about. */
  get offered(): { version: string; bytes: number } | undefined {
    const { releases, platform, arch } = this.#init
    const file = releaseFor(releases, platform, arch)
    return file === undefined ? undefined : { version: releases.version, bytes: file.size }
  }

  /**
   * Rejects with SIDECAR_HASH_MISMATCH, SIDECAR_DOWNLOAD_FAILED, or the signal's reason; nothing of what came is left then.
   * One run at a time.
   */
  async run({ signal, onProgress }: DownloadOptions = {}): Promise<DownloadOutcome> {
    const { dataFolder, releases, platform, arch } = this.#init
    const file = releaseFor(releases, platform, arch)
    if (file === undefined) {
      return { kind: 'not-offered', platform, arch, instructions }
    }
    const path = ownProgramPath(dataFolder, platform)
    const present = await programAt(path, signal)
    if (present !== undefined) return { kind: 'here', program: present }
    const folder = dirname(path)
    await mkdir(folder, { recursive: true, mode: 0o700 })
    await removeLeftOvers(folder)
    const parts = join(folder, `${partsPrefix}${randomBytes(6).toString('hex')}`)
    await mkdir(parts, { mode: 0o700 })
    try {
      const downloaded = join(parts, 'downloaded')
      await this.#fetch(file, downloaded, signal, onProgress)
      const program = file.name.endsWith('.tgz') ? await unpack(downloaded, join(parts, 'unpacked')) : downloaded
      await chmod(program, 0o700)
      signal?.throwIfAborted()
      await rename(program, path)
      await syncFolder(folder)
    } finally {
      await rm(parts, { recursive: true, force: true })
    }
    const program = await programAt(path, signal)
    if (program !== undefined) return { kind: 'here', program }
    await rm(path, { force: true })
    throw failed(`${file.name} ${releases.version} was downloaded and does not run on this machine`)
  }

  async #fetch(
    file: ReleaseFile,
    path: string,
    signal: AbortSignal | undefined,
    onProgress: DownloadOptions['onProgress'],
  ): Promise<void> {
    const { baseUrl, releases } = this.#init
    const limit = AbortSignal.timeout(deadlineMs)
    const both = signal === undefined ? limit : AbortSignal.any([signal, limit])
    try {
      const body = await this.#open(new URL(`${baseUrl}/${releases.version}/${file.name}`), both)
      const hash = createHash('sha256')
      let received = 0
      await writeParts(path, async function* () {
        for await (const chunk of body as AsyncIterable<Buffer>) {
          received += chunk.length
          if (received > file.size) throw failed(`expected ${file.size} bytes of ${file.name}, got more`)
          hash.update(chunk)
          yield chunk
          onProgress?.({ received, total: file.size })
        }
      })
      if (received < file.size) throw failed(`expected ${file.size} bytes of ${file.name}, got ${received}`)
      const got = hash.digest('hex')
      if (got !== file.sha256) {
        const message = `expected ${file.name} with SHA-256 ${file.sha256}, got ${got}: it was not kept`
        throw new RmaError('SIDECAR_HASH_MISMATCH', message, { expected: file.sha256, got })
      }
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof RmaError) throw error
      const message = `${file.name} could not be downloaded: ${(error as Error).message}`
      throw new RmaError('SIDECAR_DOWNLOAD_FAILED', message, {}, { cause: error })
    }
  }

  /** The body of the file. Releases are one redirect away from where they are named. */
  async #open(first: URL, signal: AbortSignal): Promise<AsyncIterable<Uint8Array>> {
    const { dispatcher } = this.#init
    let url = first
    for (let hops = 0; hops <= mostRedirects; hops += 1) {
      if (url.protocol !== 'https:' && url.hostname !== '127.0.0.1') throw failed(`expected an https URL, got ${url}`)
      const options = { signal, headersTimeout: 30 * second, bodyTimeout: 30 * second }
      const { statusCode, headers, body } = await request(
        url,
        dispatcher === undefined ? options : { ...options, dispatcher },
      )
      if (statusCode === 200) return body
      await body.dump()
      const { location } = headers
      if (statusCode < 300 || statusCode > 399 || typeof location !== 'string') {
        throw failed(`expected 200 from ${url.origin}, got ${statusCode}`)
      }
      url = new URL(location, url)
    }
    throw failed(`expected at most ${mostRedirects} redirects`)
  }
}

/** What downloads left whose node was killed. */
async function removeLeftOvers(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter(name => name.startsWith(partsPrefix))
  await Promise.all(names.map(name => rm(join(folder, name), { recursive: true, force: true })))
}

async function unpack(archive: string, path: string): Promise<string> {
  await writeParts(path, () => fileFromTgz(createReadStream(archive), 'cloudflared'))
  return path
}

/** Writes a new file that its owner alone can read, and waits until it is on the disk. */
async function writeParts(path: string, parts: () => AsyncIterable<Buffer>): Promise<void> {
  const handle = await open(path, 'wx', 0o600)
  try {
    for await (const part of parts()) await handle.writeFile(part)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

function failed(message: string): RmaError {
  return new RmaError('SIDECAR_DOWNLOAD_FAILED', message)
}
