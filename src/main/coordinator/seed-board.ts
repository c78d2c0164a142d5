import { isLoopback, isPrivate } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { sealSeed, type VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import { type BootstrapAnswer, bootstrapAnswer, type Seed, type SeedClaims } from '../../shared/schema/seeds.ts'
import { hour, type Milliseconds, minute, second } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'

/** A seed counts for 48 hours; one that is handed out always has most of them left. */
const sealEveryMs = 12 * hour
/** How often that is looked at: the clock may be set meanwhile, and timers stand still while the machine sleeps. */
const lookEveryMs = 1 * minute
/** Addresses change several at a time. */
const gatherMs = 1 * second
const mostAddresses = 8

export interface SeedBoardComponents {
  signer: TokenSigner
  /** This coordinator's multiaddrs without its peer id, and when they may have changed. */
  addresses: { get(): string[]; port(): number; onChange(listener: () => void): () => void }
  /** Seeds of other coordinators, verified. */
  others(): VerifiedSeed[]
  /** This coordinator's own membership certificate; undefined in an open network. */
  certificate(): string | undefined
  /** Corrected by what the others' clocks say. */
  clock: Clock
  log: Logger
}

export interface SeedBoardInit {
  networkId: string
  tunnelUrl?: string | undefined
  location(): string | undefined
}

/** What this coordinator hands out to those who ask how to get into the network: its own seed and those of others. */
export class SeedBoard implements Startable {
  /** This coordinator's own; undefined until it has an address. */
  readonly own = new LiveValue<Seed | undefined>(undefined)
  readonly #parts: SeedBoardComponents
  readonly #init: SeedBoardInit
  #sealed: string | undefined
  #sealedAt: Milliseconds = 0
  #stops: StopTimer[] = []
  #stopGather: StopTimer | undefined

  constructor(components: SeedBoardComponents, init: SeedBoardInit) {
    this.#parts = components
    this.#init = init
  }

  async start(): Promise<void> {
    const { clock, addresses } = this.#parts
    this.#stops = [addresses.onChange(() => this.refreshSoon()), clock.every(lookEveryMs, () => void this.#seal())]
    await this.#seal()
  }

  stop(): void {
    for (const stop of this.#stops) stop()
    this.#stopGather?.()
    this.#stopGather = undefined
    this.#sealed = undefined
    this.own.set(undefined)
  }

  /** Its own seed first, then others', those issued last before the rest. */
  answer(): BootstrapAnswer {
    const own = this.own.get()
    const others = this.#parts
      .others()
      .map(({ seed }) => seed)
      .filter(seed => seed.node_id !== this.#parts.signer.peerId)
    return bootstrapAnswer(own === undefined ? others : [own, ...others], this.#parts.clock.now())
  }

  /** To be called when what the seed says may have changed: addresses, certificate. */
  refreshSoon(): void {
    this.#stopGather ??= this.#parts.clock.after(gatherMs, () => {
      this.#stopGather = undefined
      void this.#seal()
    })
  }

  /** Where what the seed says has changed, half a day has passed, or the clock by which it is dated was set back. */
  async #seal(): Promise<void> {
    const { signer, addresses, clock, log } = this.#parts
    const multiaddrs = seedAddresses(addresses.get(), signer.peerId)
    const port = addresses.port()
    if (multiaddrs.length === 0 || port === 0) return
    const { networkId, tunnelUrl, location } = this.#init
    const claims: SeedClaims = {
      tunnel_url: tunnelUrl ?? null,
      dht_port: port,
      location: location() ?? null,
      multiaddrs,
    }
    const certificate = this.#parts.certificate()
    const said = JSON.stringify([claims, certificate])
    const now = clock.now()
    const ageMs = now - this.#sealedAt
    if (this.#sealed === said && ageMs >= 0 && ageMs < sealEveryMs) return
    try {
      const draft = { claims, networkId, now, ...(certificate === undefined ? {} : { certificate }) }
      this.own.set(await sealSeed(draft, signer))
      this.#sealed = said
      this.#sealedAt = now
    } catch (error) {
      log.error({ err: error }, 'this coordinator’s own seed could not be made')
    }
  }
}

/** Public addresses first; loopback ones only where there are no others. */
export function seedAddresses(addresses: readonly string[], peerId: string): string[] {
  const parsed = addresses.map(text => ({ text, address: multiaddr(text) }))
  const distant = parsed.filter(({ address }) => !isLoopback(address))
  const useful = distant.length > 0 ? distant : parsed
  return useful
    .sort((a, b) => Number(isPrivate(a.address)) - Number(isPrivate(b.address)))
    .slice(0, mostAddresses)
    .map(({ text }) => `${text}/p2p/${peerId}`)
}
