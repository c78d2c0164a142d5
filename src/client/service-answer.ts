import { errorOfFetch } from './client-error.ts'

/** A worker's answer. Read it once: as JSON, as text, line by line, or as the stream that `response` has. */
export class ServiceAnswer {
  /** Whose answer it is: a peer id. */
  readonly worker: string | null
  /** Which way it went: `direct`, `relay`, … */
  readonly path: string | null
  /** How busy the worker is, 0 to 1. */
  readonly load: number | null
  readonly response: Response

  constructor(response: Response) {
    this.response = response
    this.worker = response.headers.get('x-rma-worker')
    this.path = response.headers.get('x-rma-path')
    const load = response.headers.get('x-rma-load')
    this.load = load === null ? null : Number(load)
  }

  async json<T = unknown>(): Promise<T> {
    return JSON.parse(await this.text()) as T
  }

  async text(): Promise<string> {
    try {
      return await this.response.text()
    } catch (error) {
      throw errorOfFetch(error, this.response.url)
    }
  }

  /** Each line of an NDJSON answer as it comes, such as the pages of a document. */
  async *lines<T = unknown>(): AsyncGenerator<T> {
    let rest = ''
    for await (const text of this.#texts()) {
      const lines = (rest + text).split('\n')
      rest = lines.pop() ?? ''
      for (const line of lines) if (line.trim() !== '') yield JSON.parse(line) as T
    }
    if (rest.trim() !== '') yield JSON.parse(rest) as T
  }

  async *#texts(): AsyncGenerator<string> {
    const reader = this.response.body?.pipeThrough(new TextDecoderStream()).getReader()
    if (reader === undefined) return
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value
    } catch (error) {
      throw errorOfFetch(error, this.response.url)
    } finally {
      await reader.cancel().catch(() => undefined)
    }
  }
}
