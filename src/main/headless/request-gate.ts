import { createHmac } from 'node:crypto'
import { pageKeyProtocol, rpcProtocol } from '../../shared/rpc-protocol.ts'
import { isSameToken } from '../config/access-token.ts'

/** The parts of a request that decide whether it is let in. */
export interface GateRequest {
  /** Every Host header that came, in order. */
  hosts: readonly string[]
  /** Every Origin header that came. */
  origins: readonly string[]
  authorization?: string | undefined
  cookie?: string | undefined
  /** Of Sec-WebSocket-Protocol, by which a page shows its key: it can set no other header. */
  protocols?: string | undefined
}

export type Verdict = { kind: 'allowed' } | { kind: 'refused'; status: 401 | 403 | 421; reason: string }

const allowed: Verdict = { kind: 'allowed' }

/**
 * Decides who may talk to the dashboard. A page on the web can make a browser send requests to loopback, and can make
 * its own host name resolve there; it can choose neither the Host header, the Origin header nor our cookie.
 */
export class RequestGate {
  readonly #hosts: ReadonlySet<string>
  readonly #token: string
  readonly cookieName: string
  /** Both follow from the token, so that a page that is open keeps its access when the node restarts. */
  readonly #session: string
  /**
   * What a page of this very listener keeps. Browsers send cookies of one host to all its ports: whoever serves another one,
   * be it for another user of the machine, is shown ours, and it must be worth nothing there.
   */
  readonly pageKey: string

  constructor({ port, token }: { port: number; token: string }) {
    this.#hosts = new Set(['127.0.0.1', 'localhost', '[::1]'].map(name => `${name}:${port}`))
    this.#token = token
    // Cookies of one host are shared by all its ports: the name keeps two nodes on one machine apart.
    this.cookieName = `rma-session-${port}`
    const derive = (use: string) => createHmac('sha256', token).update(`dashboard ${use} ${port}`).digest('base64url')
    this.#session = derive('session')
    this.pageKey = derive('page')
  }

  /** The first question for every request: was it addressed to this listener by one of its own names? */
  judgeHost({ hosts }: Pick<GateRequest, 'hosts'>): Verdict {
    const [host] = hosts
    if (hosts.length === 1 && host !== undefined && this.#hosts.has(host)) return allowed
    return { kind: 'refused', status: 421, reason: 'this server answers only to its own loopback address' }
  }

  /** Pages and files: the cookie that the access link sets. */
  judgePage(request: GateRequest): Verdict {
    const host = this.judgeHost(request)
    if (host.kind === 'refused') return host
    if (this.#hasCookie(request.cookie)) return allowed
    return { kind: 'refused', status: 401, reason: 'open the dashboard with its access link' }
  }

  /**
   * The RPC WebSocket: programs show the token and send no Origin; browsers show the cookie and the page's key, and must come
   * from this very dashboard. SameSite alone is not enough: another port of this machine is the same site.
   */
  judgeUpgrade(request: GateRequest): Verdict {
    const host = this.judgeHost(request)
    if (host.kind === 'refused') return host
    if (request.origins.length > 0 && !this.#isOwnOrigin(request)) {
      return { kind: 'refused', status: 403, reason: 'another site may not talk to this node' }
    }
    if (request.authorization !== undefined) {
      return this.#hasBearer(request.authorization) ? allowed : wrongToken
    }
    if (request.origins.length === 0) return { kind: 'refused', status: 401, reason: 'expected a bearer token' }
    return this.#hasCookie(request.cookie) && this.#hasPageKey(request.protocols) ? allowed : wrongToken
  }

  /** Whether the token of an access link is right. */
  acceptsToken(given: string): boolean {
    return isSameToken(given, this.#token)
  }

  /** Value of Set-Cookie for a browser that came with the right token. */
  sessionCookie(): string {
    return `${this.cookieName}=${this.#session}; Path=/; HttpOnly; SameSite=Strict; Max-Age=31536000`
  }

  #isOwnOrigin({ hosts, origins }: GateRequest): boolean {
    return origins.length === 1 && origins[0] === `http://${hosts[0]}`
  }

  #hasBearer(authorization: string): boolean {
    const given = /^Bearer ([A-Za-z0-9_-]{1,128})$/.exec(authorization)?.[1]
    return given !== undefined && isSameToken(given, this.#token)
  }

  #hasPageKey(protocols: string | undefined): boolean {
    const [spoken, key = '', ...more] = (protocols ?? '').split(',').map(each => each.trim())
    return spoken === rpcProtocol && more.length === 0 && isSameToken(key, pageKeyProtocol(this.pageKey))
  }

  #hasCookie(cookie: string | undefined): boolean {
    const prefix = `${this.cookieName}=`
    const given = (cookie ?? '')
      .split(';')
      .map(pair => pair.trim())
      .find(pair => pair.startsWith(prefix))
    return given !== undefined && isSameToken(given.slice(prefix.length), this.#session)
  }
}

const wrongToken: Verdict = { kind: 'refused', status: 401, reason: 'expected the token of this node' }
