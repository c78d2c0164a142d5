import type { Listener } from '@libp2p/interface'
import { type Multiaddr, multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import type { PortChoice } from '../config/node-config.ts'

/** How many ports a default one may give way to. */
const portsTried = 20
/** Two, so that one may go. */
export const relaysUsed = 2
/** libp2p looks for a relay itself. */
const anyRelay = multiaddr('/p2p-circuit')

/** The part of libp2p's transport manager that opens and closes listeners. */
export interface ListeningComponents {
  transportManager: {
    listen(addresses: Multiaddr[]): Promise<void>
    getListeners(): Listener[]
  }
}

export interface ListeningInit {
  /** IP addresses. */
  listen: string[]
  port: PortChoice
}

/**
 * Opens libp2p's listeners. libp2p itself listens on fixed addresses; this tries one port after another by really
 * binding them, so that nodes that start at the same moment on one machine cannot end on the same port.
 */
export class Listening {
  readonly #transports: ListeningComponents['transportManager']
  readonly #init: ListeningInit
  #port = 0
  #relayed: Listener[] = []
  readonly #also = new Map<string, Listener[]>()

  constructor(components: ListeningComponents, init: ListeningInit) {
    this.#transports = components.transportManager
    this.#init = init
  }

  /** The port in use; 0 while not started. */
  get port(): number {
    return this.#port
  }

  /** Called by libp2p, which waits for it before it counts as started. */
  start(): void {
    this.#port = 0
  }

  /** Rejects with PORT_IN_USE. */
  async afterStart(): Promise<void> {
    for (const port of portsToTry(this.#init.port)) {
      if (await this.#listens(port)) {
        this.#port = port === 0 ? this.#portGiven() : port
        return
      }
    }
    throw portInUse(this.#init)
  }

  stop(): void {
    this.#port = 0
    this.#relayed = []
    this.#also.clear()
  }

  /** What is listened on, as the network cards and the relays have it. */
  addresses(): Multiaddr[] {
    return this.ofEachListener().flat()
  }

  /** The same; those of one relay are together. */
  ofEachListener(): Multiaddr[][] {
    return this.#transports.getListeners().map(listener => listener.getAddrs())
  }

  /** Listens, at the same port, at an address that this machine did not have at the start. */
  async also(ip: string): Promise<void> {
    if (this.#also.has(ip) || this.#init.listen.includes('0.0.0.0')) return
    const before = this.#transports.getListeners()
    await this.#transports.listen([listenAddress(ip, this.#port)])
    this.#also.set(
      ip,
      this.#transports.getListeners().filter(listener => !before.includes(listener)),
    )
  }

  /** The address has gone. */
  async noMore(ip: string): Promise<void> {
    const listeners = this.#also.get(ip) ?? []
    this.#also.delete(ip)
    await Promise.all(listeners.map(listener => listener.close()))
  }

  /** Has two relays, of those that are or will be connected, take connections for this node. */
  async throughRelays(): Promise<void> {
    if (this.#relayed.length > 0) return
    const before = this.#transports.getListeners()
    await this.#transports.listen(Array.from({ length: relaysUsed }, () => anyRelay))
    this.#relayed = this.#transports.getListeners().filter(listener => !before.includes(listener))
  }

  /** Lets go of the relays. */
  async directly(): Promise<void> {
    const relayed = this.#relayed
    this.#relayed = []
    await Promise.all(relayed.map(listener => listener.close()))
  }

  async #listens(port: number): Promise<boolean> {
    try {
      await this.#transports.listen(this.#init.listen.map(address => listenAddress(address, port)))
      return true
    } catch (error) {
      // Where only some of the addresses were free, the others are released before the next port is tried.
      await Promise.all(this.#transports.getListeners().map(listener => listener.close()))
      // Windows keeps ranges of ports for itself, and says EACCES of them.
      const { message } = error instanceof Error ? error : new Error(String(error))
      if (message.includes('EADDRINUSE') || (!this.#init.port.explicit && message.includes('EACCES'))) return false
      throw error
    }
  }

  #portGiven(): number {
    const address = this.#transports.getListeners().flatMap(listener => listener.getAddrs())[0]
    const tcp = address?.getComponents().find(component => component.name === 'tcp')
    return Number(tcp?.value ?? 0)
  }
}

export function portsToTry({ port, explicit }: PortChoice): number[] {
  const count = explicit || port === 0 ? 1 : Math.min(portsTried, 65_536 - port)
  return Array.from({ length: count }, (_, index) => port + index)
}

export function listenAddress(ip: string, port: number): Multiaddr {
  return multiaddr(`/${ip.includes(':') ? 'ip6' : 'ip4'}/${ip}/tcp/${port}`)
}

function portInUse({ listen, port }: ListeningInit): RmaError {
  const [first] = portsToTry(port)
  const last = portsToTry(port).at(-1)
  const ports = first === last ? `port ${first}` : `each port from ${first} to ${last}`
  return new RmaError(
    'PORT_IN_USE',
    `expected a free port on ${listen.join(', ')}: ${ports} is taken by another program`,
    {
      port: port.port,
    },
  )
}
