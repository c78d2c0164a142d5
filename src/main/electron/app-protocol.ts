import { readFile } from 'node:fs/promises'
import type { CustomScheme } from 'electron'
import type { Logger } from '../log.ts'
import { appScheme, resolveAppFile } from './app-url.ts'
import type { ElectronApi } from './electron-api.ts'

/** Nothing is allowed but the app's own files; the RPC needs no network, and styles set from script need no exception. */
export const contentSecurityPolicy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ')

/** Must be registered before the app is ready. */
export const appSchemePrivileges: CustomScheme = {
  scheme: appScheme,
  privileges: { standard: true, secure: true, supportFetchAPI: true, codeCache: true },
}

const securityHeaders = {
  'Content-Security-Policy': contentSecurityPolicy,
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
}

export interface AppProtocolInit {
  /** The built pages; nothing outside this folder is ever served. */
  folder: string
}

/** Answers `app://` requests with the app's own files. */
export class AppProtocol {
  readonly #protocol: ElectronApi['protocol']
  readonly #log: Logger
  readonly #folder: string

  constructor({ protocol, log }: { protocol: ElectronApi['protocol']; log: Logger }, { folder }: AppProtocolInit) {
    this.#protocol = protocol
    this.#log = log
    this.#folder = folder
  }

  start(): void {
    this.#protocol.handle(appScheme, request => this.#answer(request))
  }

  stop(): void {
    this.#protocol.unhandle(appScheme)
  }

  async #answer(request: Request): Promise<Response> {
    if (request.method !== 'GET') return refusal(405)
    const file = resolveAppFile(request.url, this.#folder)
    if (file === undefined) {
      this.#log.warn({ url: request.url.slice(0, 200) }, 'refused an address outside the app')
      return refusal(403)
    }
    try {
      const bytes = await readFile(file.path)
      return new Response(bytes, { headers: { ...securityHeaders, 'Content-Type': file.mimeType } })
    } catch (error) {
      this.#log.error({ err: error }, 'a file of the app could not be read')
      return refusal(404)
    }
  }
}

function refusal(status: 403 | 404 | 405): Response {
  return new Response(null, { status, headers: securityHeaders })
}
