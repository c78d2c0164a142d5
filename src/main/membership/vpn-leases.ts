import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import { decodeBase64url } from '../../shared/membership/base64url.ts'
import { type VpnLease, verifyVpnLease } from '../../shared/membership/vpn-lease.ts'
import type { VpnLoss } from '../../shared/schema/vpn.ts'
import { minute } from '../../shared/units.ts'
import type { Clock, StopTimer } from '../clock.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'
import type { Startable } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { Trust } from './trust.ts'
import { lossOf } from './vpn-lease-loss.ts'

/** A lease is renewed when this share of its life is over. */
const renewedAfter = 2 / 3
/** A coordinator that did not answer is asked again after so long, up to twice that. */
const askAgainMs = 5 * minute

export interface VpnLeasesComponents {
  trust: Trust
  /** Corrected by the measured offset where one is known. */
  now: () => number
  clock: Clock
  log: Logger
}

/** This node's key for the VPN, which never leaves it, and what the CA has certified of it. */
export class VpnLeases implements Startable {
  readonly lease = new LiveValue<VpnLease | undefined>(undefined)
  readonly #components: VpnLeasesComponents
  readonly #folder: string
  #key: KeyObject | undefined
  #wanted = false
  #askedAt = Number.NEGATIVE_INFINITY
  #patience = askAgainMs
  #loss: VpnLoss | undefined
  #stopChecking: StopTimer = () => undefined
  #stopWatching: () => void = () => undefined
  #ask: () => Promise<void> = async () => undefined

  constructor(components: VpnLeasesComponents, { dataFolder }: { dataFolder: string }) {
    this.#components = components
    this.#folder = join(dataFolder, 'vpn')
  }

  /** Rejects with IDENTITY_CORRUPT where the file of the key holds none. */
  async start(): Promise<void> {
    const { clock, trust } = this.#components
    this.#stopChecking = clock.every(minute, () => this.#check())
    this.#stopWatching = trust.revocations.subscribe(() => this.#dropLost())
  }

  stop(): void {
    this.#stopChecking()
    this.#stopWatching()
    this.#wanted = false
  }

  /** How to have the membership renewed, and a lease with it. */
  askBy(ask: () => Promise<void>): void {
    this.#ask = ask
  }

  /** From now on a place in the VPN is asked for. Rejects with IDENTITY_CORRUPT. */
  async want(): Promise<void> {
    this.#key ??= await this.#loadKey()
    const kept = await readIfPresent(this.#leasePath)
    if (kept !== undefined)
      await this.#verify(kept).then(
        lease => {
          this.lease.set(lease)
          this.#dropLost()
        },
        error => this.#components.log.info({ err: error }, 'the lease of the VPN that was kept does not count'),
      )
    this.#wanted = true
    this.#check()
  }

  /** Why there is no lease although there was one. */
  get loss(): VpnLoss | undefined {
    return this.#loss
  }

  unwant(): void {
    this.#wanted = false
    this.#loss = undefined
    this.lease.set(undefined)
  }

  /** The public half, base64url, to ask with; undefined while no place is wanted. */
  get askWith(): string | undefined {
    return this.#wanted ? this.#publicKey : undefined
  }

  /** PEM that Nebula reads. */
  get privateKeyPem(): string {
    const { d = '' } = this.#loaded.export({ format: 'jwk' })
    const text = Buffer.from(decodeBase64url(d) ?? []).toString('base64')
    return `-----BEGIN NEBULA X25519 PRIVATE KEY-----\n${text}\n-----END NEBULA X25519 PRIVATE KEY-----\n`
  }

  /** Takes a lease on. Rejects where it is not the CA's, or not for this node and key. */
  async take(token: string): Promise<void> {
    if (!this.#wanted) return
    const lease = await this.#verify(token)
    await writeFileDurably(this.#leasePath, token)
    this.#loss = undefined
    this.lease.set(lease)
    this.#dropLost()
  }

  /** Nebula's others end what they have with it by themselves. */
  #dropLost(): void {
    const { trust, now, log } = this.#components
    const lease = this.lease.get()
    const loss = lease && lossOf(lease, trust.revocations.get()?.revoked ?? {}, now())
    if (loss === undefined) return
    this.#loss = loss
    log.warn({ ip: lease?.ip, loss }, 'the place in the VPN was lost')
    this.lease.set(undefined)
  }

  #check(): void {
    this.#dropLost()
    const { clock, now, log } = this.#components
    if (!this.#wanted || clock.steady() < this.#askedAt + this.#patience) return
    const lease = this.lease.get()
    const due = lease === undefined ? 0 : lease.issuedAt + (lease.expiresAt - lease.issuedAt) * renewedAfter
    if (now() < due) return
    this.#askedAt = clock.steady()
    this.#patience = askAgainMs * (1 + Math.random())
    this.#ask().catch(error => log.warn({ err: error }, 'no lease of the VPN was to be had'))
  }

  #verify(token: string): Promise<VpnLease> {
    const { trust, now } = this.#components
    const { networkId, caPublicKey, selfId: peerId } = trust
    return verifyVpnLease(token.trim(), { networkId, caPublicKey, peerId, vpnKey: this.#publicKey, now: now() })
  }

  get #publicKey(): string {
    return createPublicKey(this.#loaded).export({ format: 'jwk' }).x ?? ''
  }

  get #loaded(): KeyObject {
    if (this.#key === undefined) throw new Error('the key for the VPN is not loaded')
    return this.#key
  }

  get #leasePath(): string {
    return join(this.#folder, `${this.#components.trust.networkId}.lease`)
  }

  async #loadKey(): Promise<KeyObject> {
    const path = join(this.#folder, 'key.pem')
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    const stored = await readIfPresent(path)
    if (stored === undefined) {
      const { privateKey } = generateKeyPairSync('x25519')
      await writeFileDurably(path, privateKey.export({ format: 'pem', type: 'pkcs8' }))
      return privateKey
    }
    try {
      const key = createPrivateKey(stored)
      if (key.asymmetricKeyType !== 'x25519') throw new Error(`it holds a key of type ${key.asymmetricKeyType}`)
      return key
    } catch (cause) {
      const message = `${path} should hold this node's key for the VPN but does not: ${(cause as Error).message}. Move it away to get a new one.`
      throw new RmaError('IDENTITY_CORRUPT', message, { path }, { cause })
    }
  }
}
