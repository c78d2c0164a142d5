import type { PortMappingState } from '../../shared/schema/port-mapping.ts'
import { hour, type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { ipReach } from '../paths/ip-reach.ts'
import { lanIpsOf } from './lan-ips.ts'
import { LeftOpenPorts } from './left-open.ts'
import type { PermanentPort, PermanentPorts } from './permanent-ports.ts'
import { type Mapping, type OpenedPort, type Router, RouterRefused } from './router.ts'

/**
 * What was opened is closed by the router itself after this long, should the node not live to do so; but some routers know ports
 * only that stay open. These are noted before, and closed at the next start.
 */
const lifetimeMs: Milliseconds = hour
const renewAfterMs = lifetimeMs / 2
/** A router may have been restarted, switched on, or set up otherwise. */
const tryAgainMs = 15 * minute
const tryTimeoutMs = 20 * second
const closeTimeoutMs = 2 * second
/** Others are asked once more whether they can reach the port, after twice as long each time. */
const firstProofAgainMs = minute

/** The part of a host that mappings need. */
export interface MappedHost {
  readonly mode: LiveValue<'server' | 'client'>
  readonly port: number
  /** IP addresses it listens at. */
  listenIps(): string[]
  /** Counts the mapping among its addresses once others have reached it there, and has them try. */
  addMapping(mapping: Mapping): void
  removeMapping(mapping: Mapping): void
  /** Whether it is among them. */
  isProven(mapping: Mapping): boolean
  proveAgain(mapping: Mapping): void
}

export interface PortMapperComponents {
  host: MappedHost
  /** Routers of the LANs that this machine has these addresses in. */
  findRouters(lanIps: readonly string[], signal: AbortSignal): AsyncIterable<Router>
  /** Where ports are noted that the router never closes by itself. */
  permanent: Pick<PermanentPorts, 'read' | 'add' | 'remove'>
  clock: Clock
  log: Logger
}

/**
 * Has the router forward a port to this node while others cannot reach it otherwise: nothing is asked of any router before
 * that has turned out, but to close what an earlier run was killed with. The mapping is announced once others have come through
 * it, renewed, and taken back at the end.
 */
export class PortMapper implements Startable {
  readonly state = new LiveValue<PortMappingState>({ kind: 'not-needed' })
  readonly #parts: PortMapperComponents
  #open: { router: Router; mapping: Mapping } | undefined
  #life = new AbortController()
  #work: Promise<void> = Promise.resolve()
  #stopTimer: StopTimer = () => undefined
  #stopProof: StopTimer = () => undefined
  #unsubscribe: () => void = () => undefined

  constructor(components: PortMapperComponents) {
    this.#parts = components
  }

  start(): void {
    this.#life = new AbortController()
    this.#unsubscribe = this.#parts.host.mode.subscribe(() => this.#consider())
    this.#do(() => new LeftOpenPorts(this.#parts).close(this.#life.signal))
    this.#consider()
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    this.#life.abort()
    this.#stopTimer()
    this.#stopProof()
    await this.#work
    await this.#close()
    this.state.set({ kind: 'not-needed' })
  }

  #consider(): void {
    const { host } = this.#parts
    if (this.#open !== undefined || this.#life.signal.aborted) return
    this.#stopTimer()
    if (host.mode.get() === 'client') this.#do(() => this.#ask())
    else this.state.set({ kind: 'not-needed' })
  }

  #do(change: () => Promise<void>): void {
    const { log } = this.#parts
    this.#work = this.#work
      .then(() => (this.#life.signal.aborted ? undefined : change()))
      .catch(error => {
        if (!this.#life.signal.aborted) log.warn({ err: error }, 'the router could not be asked for a port')
      })
  }

  async #ask(): Promise<void> {
    if (this.#open !== undefined) return
    const { host, findRouters, log, clock } = this.#parts
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(tryTimeoutMs)])
    let failure: PortMappingState = { kind: 'no-router' }
    try {
      for await (const router of findRouters(lanIpsOf(host.listenIps()), signal)) {
        const outcome = await this.#tryRouter(router, signal)
        if (outcome === undefined) return
        failure = outcome
      }
    } catch (error) {
      this.#life.signal.throwIfAborted()
      log.debug({ err: error }, 'looking for the router was given up')
    }
    if (failure.kind !== this.state.get().kind) log.info(failure, 'no router forwards a port to this node')
    this.state.set(failure)
    this.#stopTimer = clock.after(tryAgainMs, () => this.#consider())
  }

  /** Undefined where it has opened a port; else why not. */
  async #tryRouter(router: Router, signal: AbortSignal): Promise<PortMappingState | undefined> {
    const { host, clock, log } = this.#parts
    const { protocol, lanIp } = router
    try {
      const externalIp = await router.externalIp(signal)
      if (ipReach(externalIp) !== 'public') return { kind: 'double-nat', protocol, externalIp }
      const internalPort = host.port
      const wanted = { internalPort, externalPort: internalPort, lifetimeMs }
      const externalPort = await router.open(wanted, signal, port => this.#note(router, port))
      const mapping = { internalIp: lanIp, internalPort, externalIp, externalPort }
      this.#open = { router, mapping }
      host.addMapping(mapping)
      this.state.set({ kind: 'mapped', protocol, externalIp, externalPort })
      log.info({ protocol, externalIp, externalPort }, 'the router forwards a port to this node')
      this.#stopTimer = clock.after(renewAfterMs, () => this.#do(() => this.#renew()))
      this.#proveAgainAfter(firstProofAgainMs)
      return undefined
    } catch (error) {
      this.#life.signal.throwIfAborted()
      if (!(error instanceof RouterRefused)) log.debug({ err: error, protocol }, 'a router did not answer as expected')
      const why = error instanceof RouterRefused ? error.message.slice(0, 200) : 'it did not answer as expected'
      return { kind: 'refused', protocol, why }
    }
  }

  /** A router that has another address now, or another port, or none, is asked anew. */
  async #renew(): Promise<void> {
    const open = this.#open
    if (open === undefined) return
    const { clock, log } = this.#parts
    const { router, mapping } = open
    const signal = AbortSignal.any([this.#life.signal, AbortSignal.timeout(tryTimeoutMs)])
    try {
      const externalIp = await router.externalIp(signal)
      const externalPort = await router.open({ ...mapping, lifetimeMs }, signal, port => this.#note(router, port))
      if (externalIp === mapping.externalIp && externalPort === mapping.externalPort) {
        this.#stopTimer = clock.after(renewAfterMs, () => this.#do(() => this.#renew()))
        return
      }
    } catch (error) {
      this.#life.signal.throwIfAborted()
      log.info({ err: error }, 'the router no longer forwards a port to this node')
    }
    await this.#close()
    await this.#ask()
  }

  #proveAgainAfter(delayMs: Milliseconds): void {
    const { host, clock } = this.#parts
    this.#stopProof()
    this.#stopProof = clock.after(delayMs, () => {
      const mapping = this.#open?.mapping
      if (mapping === undefined) return
      if (!host.isProven(mapping)) host.proveAgain(mapping)
      this.#proveAgainAfter(Math.min(delayMs * 2, renewAfterMs))
    })
  }

  async #close(): Promise<void> {
    const open = this.#open
    this.#open = undefined
    this.#stopTimer()
    this.#stopProof()
    if (open === undefined) return
    const { host, permanent, log } = this.#parts
    const { router, mapping } = open
    host.removeMapping(mapping)
    try {
      await router.close(mapping, AbortSignal.timeout(closeTimeoutMs))
      await permanent.remove(permanentPort(router, mapping))
    } catch (error) {
      // It closes it by itself, or it is noted for the next start.
      log.debug({ err: error }, 'the router was not told that its port is no longer needed')
    }
  }

  /** A node that cannot note it has its port all the same: it closes it when it stops. */
  async #note(router: Router, port: OpenedPort): Promise<void> {
    const { permanent, log } = this.#parts
    await permanent.add(permanentPort(router, port)).catch(error => {
      log.warn({ err: error }, 'a port of the router that stays open could not be noted')
    })
  }
}

function permanentPort({ lanIp }: Router, { internalPort, externalPort }: OpenedPort): PermanentPort {
  return { lanIp, internalPort, externalPort }
}
