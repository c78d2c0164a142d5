import { errorOf, errorOfFetch, RmaClientError } from './client-error.ts'
import { Coordinators, originOf } from './coordinators.ts'
import { ServiceAnswer } from './service-answer.ts'
import { hasShape, type Ticket, type Topology } from './shapes.ts'

export interface RmaClientInit {
  /** Where to ask for coordinators: the edge router's URL, or coordinators'. */
  bootstrap?: readonly string[]
  /** Coordinators known beforehand. */
  coordinators?: readonly string[]
  /** From the operator; not needed on an open network. */
  apiKey?: string
  /** Another `fetch`, for tests and proxies. */
  fetch?: typeof fetch
}

export interface ServiceRequestInit {
  /** Media type of the document; that of a Blob is taken from it. */
  contentType?: string
  /** `application/x-ndjson` for an answer line by line. */
  accept?: string
  /** Default 2 minutes, 30 minutes at most. */
  deadlineMs?: number
  /** Only to workers that the network's operator trusts. */
  trusted?: boolean
  /** Only to workers that have this model; not needed where the document names it, as OpenAI's requests do. */
  model?: string
  /** Only to workers that read these languages, by Tesseract's codes such as `deu`. */
  languages?: readonly string[]
  /** Whether the work may be done twice. If so, another coordinator is asked where one is lost. Default true. */
  repeatable?: boolean
  signal?: AbortSignal
}

const defaultDeadlineMs = 2 * 60_000
/** Errors after which another coordinator may do better: an API key is known to the one that made it. */
const elsewhere = new Set(['UNREACHABLE', 'KEY_REFUSED', 'DRAINING', 'NO_WORKER', 'BUSY'])

/**
 * Asks a network of workers from a web page, over `fetch` alone. The page's origin must be among the coordinators'
 * CORS_ORIGINS. Errors are `RmaClientError`s.
 */
export class RmaClient {
  readonly #coordinators: Coordinators
  readonly #fetch: typeof fetch
  readonly #apiKey: string | undefined

  constructor({ bootstrap = [], coordinators = [], apiKey, fetch = globalThis.fetch.bind(globalThis) }: RmaClientInit) {
    this.#fetch = fetch
    this.#apiKey = apiKey
    this.#coordinators = new Coordinators({ bootstrap, coordinators, fetch })
  }

  /** Has a coordinator pass the document on to a worker. */
  async request(service: string, document: BodyInit, init: ServiceRequestInit = {}): Promise<ServiceAnswer> {
    const head = new RequestHead(document, init)
    const signal = deadlineOf(init)
    const repeatable = (init.repeatable ?? true) && !(document instanceof ReadableStream)
    return this.#eachCoordinator(repeatable, signal, async url => {
      const response = await this.#send(`${url}/api/service/${service}`, {
        ...upload(document, head.headers(this.#authorisation())),
        signal,
      })
      return new ServiceAnswer(response)
    })
  }

  /**
   * Sends the document straight to a worker that a coordinator names: it passes no machine but that one. Rejects with
   * NO_WORKER where no worker has an address on the web; `request` may still find one.
   */
  async requestDirect(service: string, document: BodyInit, init: ServiceRequestInit = {}): Promise<ServiceAnswer> {
    const head = new RequestHead(document, init)
    const signal = deadlineOf(init)
    const { tunnel_url, ticket } = await this.#ticket(service, init, signal)
    const response = await this.#send(`${originOf(tunnel_url)}/service/${service}`, {
      ...upload(document, head.headers({ authorization: `Bearer ${ticket}` })),
      signal,
    })
    return new ServiceAnswer(response)
  }

  /** The network as a coordinator sees it. */
  async topology(signal?: AbortSignal): Promise<Topology> {
    const within = deadlineOf({ deadlineMs: 30_000, ...(signal === undefined ? {} : { signal }) })
    return this.#eachCoordinator(true, within, async url => {
      const answer = await this.#json(`${url}/api/dht/topology`, { signal: within })
      if (hasShape<Topology>(answer, { nodes: 'array', edges: 'array', dht_ring: 'array' })) return answer
      throw new RmaClientError('UNREACHABLE', `${url} answered without a topology`)
    })
  }

  #ticket(service: string, wanted: ServiceRequestInit, signal: AbortSignal): Promise<Ticket> {
    return this.#eachCoordinator(true, signal, async url => {
      const init = { method: 'POST', headers: { ...this.#authorisation(), ...demandsOf(wanted) }, signal }
      const answer = await this.#json(`${url}/api/service/${service}/ticket`, init)
      if (hasShape<Ticket>(answer, { tunnel_url: 'string', ticket: 'string' })) return answer
      throw new RmaClientError('UNREACHABLE', `${url} answered without a ticket`)
    })
  }

  /** Asks one coordinator after another, as long as that can help. */
  async #eachCoordinator<T>(repeatable: boolean, signal: AbortSignal, ask: (url: string) => Promise<T>): Promise<T> {
    let failure = new RmaClientError('NO_COORDINATOR', 'no coordinator is known')
    for await (const url of this.#coordinators.urls(signal)) {
      try {
        const answer = await ask(url)
        this.#coordinators.prefer(url)
        return answer
      } catch (error) {
        failure = errorOfFetch(error, url)
        if (!repeatable || signal.aborted || !elsewhere.has(failure.code)) break
      }
    }
    throw failure
  }

  async #json(url: string, init: RequestInit): Promise<unknown> {
    const response = await this.#send(url, init)
    try {
      return await response.json()
    } catch (error) {
      throw errorOfFetch(error, url)
    }
  }

  async #send(url: string, init: RequestInit): Promise<Response> {
    let response: Response
    try {
      response = await this.#fetch(url, { redirect: 'error', ...init })
    } catch (error) {
      throw errorOfFetch(init.signal?.aborted === true ? init.signal.reason : error, url)
    }
    if (!response.ok) throw await errorOf(response)
    return response
  }

  #authorisation(): Record<string, string> {
    return this.#apiKey === undefined ? {} : { authorization: `Bearer ${this.#apiKey}` }
  }
}

/** What the headers of a request say, the same for every try: a worker that is asked again joins the job it has. */
class RequestHead {
  readonly #fixed: Record<string, string>
  readonly #deadlineAt: number

  constructor(document: BodyInit, init: ServiceRequestInit) {
    const { contentType, accept, deadlineMs = defaultDeadlineMs } = init
    const type = contentType ?? (document instanceof Blob ? document.type : '')
    this.#deadlineAt = Date.now() + deadlineMs
    this.#fixed = {
      'x-rma-request-id': requestId(),
      ...(type === '' ? {} : { 'content-type': type }),
      ...(accept === undefined ? {} : { accept }),
      ...demandsOf(init),
    }
  }

  /** The deadline is the time left, so clocks need not agree. */
  headers(authorisation: Record<string, string>): Record<string, string> {
    const left = Math.max(1, Math.ceil(this.#deadlineAt - Date.now()))
    return { ...this.#fixed, ...authorisation, 'x-rma-deadline-ms': String(left) }
  }
}

/** What a worker must be and have to be asked. */
function demandsOf({ trusted, model, languages }: ServiceRequestInit): Record<string, string> {
  return {
    ...(trusted === true ? { 'x-rma-trusted': '1' } : {}),
    ...(model === undefined ? {} : { 'x-rma-model': model }),
    ...(languages === undefined ? {} : { 'x-rma-languages': languages.join(',') }),
  }
}

/** A stream is sent as it comes, where the browser and the connection can (HTTP/2). */
function upload(body: BodyInit, headers: Record<string, string>): RequestInit {
  return { method: 'POST', body, headers, ...(body instanceof ReadableStream ? { duplex: 'half' } : {}) }
}

function deadlineOf({ deadlineMs = defaultDeadlineMs, signal }: Pick<ServiceRequestInit, 'deadlineMs' | 'signal'>) {
  const late = AbortSignal.timeout(deadlineMs)
  return signal === undefined ? late : AbortSignal.any([signal, late])
}

function requestId(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), byte => byte.toString(16).padStart(2, '0')).join('')
}
