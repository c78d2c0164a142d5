/** Codes of this client's own; all others come from the server that answered. */
export type ClientErrorCode =
  /** Nobody answered: no connection, or not what this client understands. */
  | 'UNREACHABLE'
  /** No coordinator is known: neither configured nor handed out. */
  | 'NO_COORDINATOR'
  | 'DEADLINE'
  | 'CANCELLED'

/** What went wrong, with a stable code to match on: `NO_WORKER`, `TOO_LARGE`, `BUSY` …, or one of the client's own. */
export class RmaClientError extends Error {
  override readonly name = 'RmaClientError'
  readonly code: string
  /** HTTP status; undefined where nobody answered. */
  readonly status: number | undefined
  readonly details: Readonly<Record<string, unknown>>
  /** How long to wait before asking again, where the server said so. */
  readonly retryAfterMs: number | undefined

  constructor(
    code: ClientErrorCode | (string & {}),
    message: string,
    more: { status?: number; details?: Record<string, unknown>; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, more.cause === undefined ? undefined : { cause: more.cause })
    this.code = code
    this.status = more.status
    this.details = more.details ?? {}
    this.retryAfterMs = more.retryAfterMs
  }
}

/** The error that an answer with a bad status stands for. */
export async function errorOf(response: Response): Promise<RmaClientError> {
  const { status } = response
  const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN)
  const wait = Number.isFinite(retryAfter) ? { retryAfterMs: retryAfter * 1_000 } : {}
  const { code, message, details } = readErrorBody(await response.text().catch(() => ''))
  if (code === undefined)
    return new RmaClientError('UNREACHABLE', `the server answered with status ${status}`, { status })
  return new RmaClientError(code, message, { status, details, ...wait })
}

/** Turns what `fetch` throws into an error with a code. */
export function errorOfFetch(thrown: unknown, url: string): RmaClientError {
  if (thrown instanceof RmaClientError) return thrown
  const name = thrown instanceof Error ? thrown.name : ''
  if (name === 'TimeoutError') return new RmaClientError('DEADLINE', 'the deadline has passed', { cause: thrown })
  if (name === 'AbortError') return new RmaClientError('CANCELLED', 'the request was cancelled', { cause: thrown })
  return new RmaClientError('UNREACHABLE', `${new URL(url).origin} cannot be reached`, { cause: thrown })
}

function readErrorBody(text: string): { code?: string; message: string; details: Record<string, unknown> } {
  try {
    const { error } = JSON.parse(text) as { error?: { code?: unknown; message?: unknown; details?: unknown } }
    if (typeof error?.code !== 'string') return { message: '', details: {} }
    const details = typeof error.details === 'object' && error.details !== null ? error.details : {}
    return { code: error.code, message: String(error.message), details: details as Record<string, unknown> }
  } catch {
    return { message: '', details: {} }
  }
}
