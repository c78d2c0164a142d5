import { messagePage } from './message-page.ts'
import type { GateRequest, RequestGate, Verdict } from './request-gate.ts'
import type { StaticFile, StaticFiles } from './static-files.ts'

/** What the dashboard's server looks at in a plain request. */
export interface DashboardRequest extends GateRequest {
  method: string
  /** Request target as it stands in the request line. */
  target: string
  ifNoneMatch?: string | undefined
}

export interface Reply {
  status: number
  headers: Record<string, string>
  body?: string | Buffer
}

/** Sent with every reply. Nothing but this server's own files and RPC may be used by its pages. */
export const securityHeaders: Record<string, string> = {
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "worker-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; '),
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
}

/** Decides the reply to a plain request. Pure: the gate and the files are all it knows. */
export function replyTo(request: DashboardRequest, gate: RequestGate, files: StaticFiles): Reply {
  const host = gate.judgeHost(request)
  if (host.kind === 'refused') return refusal(host)
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return text(405, 'This server answers GET and HEAD.', { allow: 'GET, HEAD' })
  }
  const { path, query } = splitTarget(request.target)
  const token = query.get('token')
  if (path === '/' && token !== null && gate.acceptsToken(token)) {
    return { status: 303, headers: { location: `/#key=${gate.pageKey}`, 'set-cookie': gate.sessionCookie() } }
  }
  const page = gate.judgePage(request)
  if (page.kind === 'refused') return refusal(page)
  // A page that has lost its key asks for this.
  if (path === '/no-access') return html(401, messagePage('no-access'))
  const file = files.get(path)
  if (file !== undefined) return fileReply(file, request.ifNoneMatch)
  return path === '/' ? html(503, messagePage('not-built')) : text(404, 'Not found.')
}

/** Splits by hand: the URL parser would resolve dots, and take `//name` for another host. */
function splitTarget(target: string): { path: string; query: URLSearchParams } {
  const mark = target.indexOf('?')
  if (mark < 0) return { path: target, query: new URLSearchParams() }
  return { path: target.slice(0, mark), query: new URLSearchParams(target.slice(mark + 1)) }
}

function refusal(verdict: Extract<Verdict, { kind: 'refused' }>): Reply {
  if (verdict.status === 401) return html(401, messagePage('no-access'))
  return text(verdict.status, `Refused: ${verdict.reason}.`)
}

function fileReply(file: StaticFile, ifNoneMatch: string | undefined): Reply {
  const headers = {
    etag: file.etag,
    'cache-control': file.immutable ? 'private, max-age=31536000, immutable' : 'no-cache',
  }
  if (ifNoneMatch === file.etag) return { status: 304, headers }
  return { status: 200, headers: { ...headers, 'content-type': file.contentType }, body: file.bytes }
}

function text(status: number, line: string, headers: Record<string, string> = {}): Reply {
  return { status, headers: { ...headers, 'content-type': 'text/plain; charset=utf-8' }, body: `${line}\n` }
}

function html(status: number, body: string): Reply {
  return { status, headers: { 'content-type': 'text/html; charset=utf-8' }, body }
}
