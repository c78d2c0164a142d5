import type { Settings } from '../../shared/schema/settings.ts'
import type { TunnelSettings } from '../../shared/schema/tunnel.ts'
import { defaultPorts, type PublicListenerChoice } from '../config/node-config.ts'
import type { Startable } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import { PublicListener } from './public-listener.ts'
import type { ServiceServer } from './service-server.ts'

/** On loopback: only what runs on this machine, such as cloudflared, gets there. */
const onLoopback: PublicListenerChoice = { port: { port: defaultPorts.public, explicit: false }, host: '127.0.0.1' }

export interface TunnelledDoorComponents {
  server: Pick<ServiceServer, 'serve'>
  tunnel: Startable & { configure(settings: TunnelSettings): void }
  settings: LiveValue<Settings>
}

/** The listener for requests and connections from anywhere, open where the owner asked for it or has a tunnel lead to it. */
export class TunnelledDoor implements Startable {
  readonly #listener: PublicListener
  readonly #tunnel: TunnelledDoorComponents['tunnel']
  readonly #settings: LiveValue<Settings>
  readonly #always: boolean
  #open = false
  /** Why it is not open although it should be. */
  #failure: unknown
  #changing: Promise<void> = Promise.resolve()
  #unsubscribe: () => void = () => undefined

  /** `choice`: where it is open whether or not there is a tunnel; `forTunnel`: where it is otherwise, while there is one. */
  constructor(
    { server, tunnel, settings }: TunnelledDoorComponents,
    choice: PublicListenerChoice | undefined,
    forTunnel = onLoopback,
  ) {
    this.#listener = new PublicListener({ server }, choice ?? forTunnel)
    this.#tunnel = tunnel
    this.#settings = settings
    this.#always = choice !== undefined
  }

  /** On this machine; undefined while it is closed. */
  get url(): string | undefined {
    return this.#open ? this.#listener.url : undefined
  }

  /** Throws why it could not be opened. */
  get port(): number {
    if (this.#failure !== undefined) throw this.#failure
    return Number(URL.parse(this.#listener.url ?? '')?.port ?? 0)
  }

  /** Rejects with PORT_IN_USE where it is to be open in any case. */
  async start(): Promise<void> {
    await this.#tunnel.start()
    this.#unsubscribe = this.#settings.subscribe(() => this.#follow())
    await this.#apply()
  }

  async stop(): Promise<void> {
    this.#unsubscribe()
    await this.#changing
    await this.#tunnel.stop()
    if (this.#open) this.#listener.stop()
    this.#open = false
  }

  #follow(): void {
    this.#changing = this.#changing.then(() => this.#apply())
  }

  async #apply(): Promise<void> {
    const { tunnel } = this.#settings.get()
    const wanted = this.#always || tunnel.kind !== 'off'
    if (wanted && !this.#open) await this.#openUp()
    this.#tunnel.configure(tunnel)
    if (wanted || !this.#open) return
    this.#listener.stop()
    this.#open = false
  }

  /** A tunnel that leads nowhere says why; it keeps no node from running. */
  async #openUp(): Promise<void> {
    this.#failure = undefined
    try {
      await this.#listener.start()
      this.#open = true
    } catch (error) {
      if (this.#always) throw error
      this.#failure = error
    }
  }
}
