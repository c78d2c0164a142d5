import { readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import tls from 'node:tls'

/** Where the edge of a test listens, and for which names. */
export interface EdgePlace {
  address: string
  port: number
  /** Path of the certificate it shows. */
  certificate: string
  /** Names that end like this lead there. */
  domains: readonly string[]
}

/**
 * There is no DNS and no Cloudflare where tests run. From here on this process's TLS connections to port 443 of the edge's
 * names go to its own port, and its certificate counts for them; whoever connects knows nothing of it, be it ws,
 * undici or Node itself. Returns how to take it back.
 */
export function bringEdgeIntoReach({ address, port, certificate, domains }: EdgePlace): () => void {
  const ca = readFileSync(certificate, 'utf8')
  const connect = tls.connect
  const lead = (first: unknown, ...rest: unknown[]) => {
    const options = first as tls.ConnectionOptions
    const { host } = options
    const leads =
      typeof first === 'object' &&
      host !== undefined &&
      Number(options.port) === 443 &&
      domains.some(domain => host.endsWith(domain))
    const led = leads ? { ...options, host: address, port, servername: options.servername || host, ca } : first
    return (connect as (...args: unknown[]) => tls.TLSSocket)(led, ...rest)
  }
  tls.connect = lead as typeof tls.connect
  syncBuiltinESMExports()
  return () => {
    tls.connect = connect
    syncBuiltinESMExports()
  }
}

// A program of a test's imports this before all else.
const place = process.env.TEST_EDGE
if (place !== undefined) bringEdgeIntoReach(JSON.parse(place) as EdgePlace)
