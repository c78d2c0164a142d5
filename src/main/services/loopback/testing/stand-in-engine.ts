import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import { setTimeout as after } from 'node:timers/promises'

/** How a request is answered: properly, or as engines do on bad days. */
export type Manner =
  | { kind: 'well'; words: readonly string[]; everyMs?: number }
  /** Writes some words and then breaks the connection. */
  | { kind: 'breaks'; after: number }
  /** Ends its answer properly, as a connection, but never says that it is done. */
  | { kind: 'trails-off' }
  | { kind: 'nonsense' }
  | { kind: 'status'; status: number }
  | { kind: 'reports-error' }
  /** Takes the request and says nothing. */
  | { kind: 'silent' }
  | { kind: 'endless' }

export interface SeenRequest {
  path: string
  body: Record<string, unknown>
  /** The requester closed the connection before the answer was done. */
  aborted: boolean
}

/** An engine for tests that keeps OpenAI's contract for models, completions and chats, over real HTTP. */
export class StandInEngine {
  /** Models that Ollama's own API was asked to take out of memory. */
  readonly unloaded: string[] = []
  models: { id: string; owned_by?: string; max_model_len?: number }[] = [{ id: 'tiny-1b', owned_by: 'tests' }]
  manner: Manner = { kind: 'well', words: ['Good', ' morning', '.'] }
  readonly seen: SeenRequest[] = []
  /** Completions under way, and the most there were. */
  running = 0
  mostRunning = 0
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch(() => response.destroy())
  })

  static async start(): Promise<StandInEngine> {
    const engine = new StandInEngine()
    await new Promise<void>(resolve => engine.#server.listen(0, '127.0.0.1', resolve))
    return engine
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? ''
    if (request.method === 'GET' && path === '/v1/models') {
      response.setHeader('content-type', 'application/json')
      response.end(JSON.stringify({ object: 'list', data: this.models }))
    } else if (request.method === 'POST' && path === '/api/generate') {
      const { model, keep_alive: keepAlive } = JSON.parse(await textOf(request))
      if (keepAlive === 0) this.unloaded.push(model)
      response.end('{"done":true,"done_reason":"unload"}')
    } else if (request.method === 'POST' && /^\/v1\/(?:chat\/)?completions$/.test(path)) {
      await this.#complete(path, request, response)
    } else {
      response.writeHead(404).end('{}')
    }
  }

  async #complete(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const seen: SeenRequest = {
      path,
      body: JSON.parse(await textOf(request)) as Record<string, unknown>,
      aborted: false,
    }
    this.seen.push(seen)
    this.running++
    this.mostRunning = Math.max(this.mostRunning, this.running)
    response.on('close', () => {
      this.running--
      seen.aborted = !response.writableFinished
    })
    await this.#answer(seen, response)
  }

  async #answer({ path, body }: SeenRequest, response: ServerResponse): Promise<void> {
    const manner = this.manner
    if (manner.kind === 'status') {
      response.writeHead(manner.status).end('{"error":{"message":"secret path /home/donor"}}')
      return
    }
    if (manner.kind === 'silent') return
    response.writeHead(200, { 'content-type': 'text/event-stream' })
    const event = (value: unknown) => response.write(`data: ${JSON.stringify(value)}\n\n`)
    const word = (content: string) =>
      event({
        object: 'chat.completion.chunk',
        model: body.model,
        choices: [path.includes('chat') ? { index: 0, delta: { content } } : { index: 0, text: content }],
      })
    switch (manner.kind) {
      case 'nonsense':
        response.end('data: {"choices": 7}\n\n')
        return
      case 'trails-off':
        word('Good')
        response.end()
        return
      case 'reports-error':
        word('Good')
        event({ error: { message: 'out of memory at /home/donor' } })
        response.end()
        return
      case 'breaks':
        for (let count = 0; count < manner.after; count++) word(`word${count} `)
        setImmediate(() => response.destroy())
        return
      case 'endless':
        response.write(`data: ${'x'.repeat(2_000_000)}`)
        return
      case 'well':
        for (const each of manner.words) {
          if (manner.everyMs !== undefined) await after(manner.everyMs)
          if (response.destroyed) return
          word(each)
        }
        event({ choices: [{ index: 0, delta: {}, text: '', finish_reason: 'stop' }] })
        event({
          choices: [],
          usage: { prompt_tokens: 5, completion_tokens: manner.words.length, total_tokens: 5 + manner.words.length },
        })
        response.end('data: [DONE]\n\n')
    }
  }
}
