import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { MiB } from '../../src/shared/units.ts'

/** One request that reached the server. */
export interface UpstreamRun {
  /** The last part of the URL's path: which worker it came through. */
  through: string
  /** The body as text, where it is short. */
  body: string
  startedAt: number
  /** When whoever asked hung up before the answer was out. */
  hungUpAt?: number
}

const chunk = Buffer.alloc(64 * 1_024, 'x')

/**
 * The server behind a service, as a donor may have one, in the test's own process: it outlives the workers and counts what
 * it was asked. `POST /work/<worker>` answers with its body after `workMs`; `POST /bulk/<worker>?bytes=N` reads its body
 * to the end and answers with N bytes, as fast as they are taken.
 */
export class UpstreamServer {
  readonly runs: UpstreamRun[] = []
  workMs = 0
  /** What is answered instead of the body, through that worker. */
  readonly lies = new Map<string, string>()
  /** Of answers to work; empty: none is said. */
  contentType = ''
  /** Bytes of bulk answers that were handed to the network so far. */
  bytesSent = 0
  /** Bytes of bulk bodies that were read. */
  bytesRead = 0
  /** While it is set, bulk bodies are not read. */
  gate: Promise<void> | undefined
  readonly #http: Server

  constructor() {
    this.#http = createServer((request, response) => void this.#answer(request, response))
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#http.listen(0, '127.0.0.1', resolve))
  }

  stop(): void {
    this.#http.close()
    this.#http.closeAllConnections()
  }

  url(path: string): string {
    return `http://127.0.0.1:${(this.#http.address() as AddressInfo).port}${path}`
  }

  /** How often each body arrived. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const { body } of this.runs) counts.set(body, (counts.get(body) ?? 0) + 1)
    return counts
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://upstream')
    // Whoever hangs up is noted; that is no failure here.
    const [, what, through = ''] = url.pathname.split('/')
    request.on('error', () => undefined)
    response.on('error', () => undefined)
    if (what === 'work') await this.#work(through, request, response)
    else if (what === 'bulk') await this.#bulk(request, response, Number(url.searchParams.get('bytes') ?? 0))
    else response.end('well')
  }

  async #work(through: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await textOf(request)
    const run: UpstreamRun = { through, body, startedAt: performance.now() }
    this.runs.push(run)
    if (this.contentType !== '') response.setHeader('content-type', this.contentType)
    const timer = setTimeout(() => response.end(this.lies.get(through) ?? body), this.workMs)
    response.once('close', () => {
      clearTimeout(timer)
      if (!response.writableFinished) run.hungUpAt = performance.now()
    })
  }

  async #bulk(request: IncomingMessage, response: ServerResponse, bytes: number): Promise<void> {
    await this.gate
    for await (const part of request) this.bytesRead += part.length
    const answer = this.#bulkAnswer(bytes)
    await pipeline(Readable.from(answer, { objectMode: false, highWaterMark: chunk.length }), response).catch(
      () => undefined,
    )
  }

  async *#bulkAnswer(bytes: number) {
    for (let left = bytes; left > 0; left -= chunk.length) {
      this.bytesSent += chunk.length
      yield chunk
    }
    yield String(this.bytesRead)
  }
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const part of request) {
    size += part.length
    if (size < MiB) chunks.push(part)
  }
  return Buffer.concat(chunks).toString()
}
