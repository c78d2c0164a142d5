import { type Milliseconds, second } from '../../shared/units.ts'
import type { Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { lanIpsOf } from './lan-ips.ts'
import type { PermanentPort, PermanentPorts } from './permanent-ports.ts'
import type { Router } from './router.ts'

const tryTimeoutMs: Milliseconds = 20 * second

export interface LeftOpenPortsComponents {
  host: { listenIps(): string[] }
  /** Routers of the LANs that this machine has these addresses in. */
  findRouters(lanIps: readonly string[], signal: AbortSignal): AsyncIterable<Router>
  permanent: Pick<PermanentPorts, 'read' | 'remove'>
  log: Logger
}

/** Closes, when the node starts, the ports that an earlier run was killed with, also where it is to open none any more. */
export class LeftOpenPorts implements Startable {
  readonly #parts: LeftOpenPortsComponents
  #life = new AbortController()
  #work: Promise<void> = Promise.resolve()

  constructor(components: LeftOpenPortsComponents) {
    this.#parts = components
  }

  start(): void {
    this.#life = new AbortController()
    const { signal } = this.#life
    this.#work = this.close(signal).catch(error => {
      if (!signal.aborted)
        this.#parts.log.warn({ err: error }, 'ports that an earlier run left open could not be closed')
    })
  }

  async stop(): Promise<void> {
    this.#life.abort()
    await this.#work
  }

  /** What stays open elsewhere, or at a router that does not answer, remains noted. Rejects when `signal` aborts. */
  async close(signal: AbortSignal): Promise<void> {
    const { host, permanent, findRouters } = this.#parts
    const left = await permanent.read()
    const lanIps = lanIpsOf(host.listenIps()).filter(ip => left.some(({ lanIp }) => lanIp === ip))
    if (lanIps.length === 0) return
    const limit = AbortSignal.any([signal, AbortSignal.timeout(tryTimeoutMs)])
    for await (const router of findRouters(lanIps, limit))
      for (const port of left) if (port.lanIp === router.lanIp) await this.#closeNoted(router, port, limit)
  }

  async #closeNoted(router: Router, port: PermanentPort, signal: AbortSignal): Promise<void> {
    const { permanent, log } = this.#parts
    if (router.leadsHere === undefined) return
    try {
      if (await router.leadsHere(port, signal)) {
        await router.close(port, signal)
        log.info({ port: port.externalPort }, 'a port of the router was closed that an earlier run had left open')
      }
      await permanent.remove(port)
    } catch (error) {
      signal.throwIfAborted()
      log.warn({ err: error, port: port.externalPort }, 'a port of the router may still be open from an earlier run')
    }
  }
}
