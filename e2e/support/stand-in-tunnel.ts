import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { request as httpRequest } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'

/**
 * What a tunnel's provider does: ends TLS, with a certificate of its own signing, and passes each request on to this
 * machine's loopback.
 */
export class StandInTunnel {
  /** What was asked of it, in order. */
  readonly asked: string[] = []
  /** Where requests go, once there is somebody. */
  target: string | undefined
  readonly #server: ReturnType<typeof createTlsServer>

  private constructor(key: string, cert: string) {
    this.#server = createTlsServer({ key, cert }, (incoming, outgoing) => {
      this.asked.push(`${incoming.method} ${incoming.url}`)
      if (this.target === undefined) {
        outgoing.writeHead(502).end()
        return
      }
      const onward = httpRequest(new URL(incoming.url ?? '/', this.target), {
        method: incoming.method,
        headers: { ...incoming.headers, 'cf-connecting-ip': '198.51.100.1' },
      })
      const broken = () => outgoing.destroy()
      onward.once('response', answer => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        pipeline(answer, outgoing).catch(broken)
      })
      onward.once('error', broken)
      pipeline(incoming, onward).catch(broken)
    })
  }

  static async start(folder: string): Promise<StandInTunnel> {
    const [key, cert] = [join(folder, 'tunnel-key.pem'), join(folder, 'tunnel-cert.pem')]
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    const subject = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1', '-days', '2']
    await promisify(execFile)('openssl', ['req', '-x509', ...curve, ...subject, '-keyout', key, '-out', cert])
    const tunnel = new StandInTunnel(await readFile(key, 'utf8'), await readFile(cert, 'utf8'))
    tunnel.#server.listen(0, '127.0.0.1')
    await once(tunnel.#server, 'listening')
    return tunnel
  }

  get url(): string {
    return `https://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise(resolve => this.#server.close(resolve))
  }
}
