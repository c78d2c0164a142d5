import type { CaKey } from '../../../shared/membership/ca-key.ts'
import {
  mergeRevoked,
  type RevokedAt,
  signRevocations,
  verifyRevocations,
} from '../../../shared/membership/revocations.ts'
import { type Milliseconds, second } from '../../../shared/units.ts'
import type { Clock } from '../../clock.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import type { MembershipStore } from './membership-store.ts'

export interface RevocationListComponents {
  store: MembershipStore
  key: CaKey
  clock: Pick<Clock, 'now'>
  log: Logger
}

export interface RevocationListInit {
  networkId: string
  /** How long the certificates issued here count. */
  certificateLifeMs: Milliseconds
}

/** What a CA has taken back: written down first, then signed for everybody. */
export class RevocationList implements Startable {
  /** The newest list; undefined as long as nothing was taken back. */
  readonly signed = new LiveValue<string | undefined>(undefined)
  readonly #components: RevocationListComponents
  readonly #init: RevocationListInit
  #changing: Promise<unknown> = Promise.resolve()

  constructor(components: RevocationListComponents, init: RevocationListInit) {
    this.#components = components
    this.#init = init
  }

  /** The store has to be open by then. What was written down and not signed any more, as the process was killed, is signed now. */
  async start(): Promise<void> {
    const { store, log } = this.#components
    this.signed.set(store.fact('revocations'))
    try {
      if (await this.#isBehind()) await this.#inTurn(() => this.#publish())
    } catch (error) {
      log.error({ err: error }, 'what was taken back could not be signed for everybody')
    }
  }

  async stop(): Promise<void> {
    await this.#changing
  }

  /** Takes back the certificates that a peer has by now, and those that are named one by one. */
  async add(subjects: readonly string[]): Promise<void> {
    const { store, clock } = this.#components
    const at = Math.floor(clock.now() / second)
    store.transaction(() => {
      for (const subject of subjects) store.addRevocation(subject, at)
    })
    await this.#inTurn(() => this.#publish())
  }

  /** Takes in what another coordinator of this CA has revoked, and signs a list of both where the two differ. */
  async learn(token: string): Promise<void> {
    const { store, clock, key } = this.#components
    const { networkId } = this.#init
    const { revoked, version } = await verifyRevocations(token, { networkId, caPublicKey: key.publicKey })
    await this.#inTurn(async () => {
      const merged = store.transaction(() => {
        for (const [subject, at] of Object.entries(revoked))
          store.addRevocation(subject, this.#revocationOf(subject, at))
        if (version > this.#version) store.setFact('revocationsVersion', String(version))
        return mergeRevoked(store.revoked(), {}, clock.now())
      })
      if (!isSame(merged, revoked)) await this.#publish()
      else if (token !== this.signed.get()) this.#keep(token)
    })
  }

  /** Later than another coordinator says where this one has renewed a certificate before it heard of that. */
  #revocationOf(subject: string, at: number): number {
    const { store, clock } = this.#components
    const member = store.member(subject)
    if (member === undefined || member.admittedAt > at) return at
    const issuedAt = ((member.certificateExpiresAt ?? 0) - this.#init.certificateLifeMs) / second
    return issuedAt > at ? Math.floor(clock.now() / second) : at
  }

  /** Whether the signed list lacks something of what is written down. */
  async #isBehind(): Promise<boolean> {
    const { store, clock } = this.#components
    const now = clock.now()
    const listed = await this.#listed()
    return !isSame(mergeRevoked(store.revoked(), listed, now), mergeRevoked(listed, {}, now))
  }

  /** What the signed list says; nothing where there is none that counts in this network. */
  async #listed(): Promise<RevokedAt> {
    const token = this.signed.get()
    if (token === undefined) return {}
    const { networkId } = this.#init
    try {
      return (await verifyRevocations(token, { networkId, caPublicKey: this.#components.key.publicKey })).revoked
    } catch (error) {
      this.#components.log.warn({ err: error }, 'the list of what was taken back does not count here')
      return {}
    }
  }

  get #version(): number {
    return Number(this.#components.store.fact('revocationsVersion') ?? 0)
  }

  /** One list after the other, signed here or learnt, so that versions and contents grow together. */
  #inTurn(change: () => Promise<void>): Promise<void> {
    const changed = this.#changing.then(change)
    this.#changing = changed.catch(() => undefined)
    return changed
  }

  async #publish(): Promise<void> {
    const { store, clock, key } = this.#components
    const version = Math.max(this.#version + 1, clock.now())
    const revoked = mergeRevoked(store.revoked(), {}, clock.now())
    const token = await signRevocations({ net: this.#init.networkId, version, revoked }, key)
    store.setFact('revocationsVersion', String(version))
    this.#keep(token)
  }

  #keep(token: string): void {
    this.#components.store.setFact('revocations', token)
    this.signed.set(token)
  }
}

function isSame(one: RevokedAt, other: RevokedAt): boolean {
  const keys = Object.keys(one)
  return keys.length === Object.keys(other).length && keys.every(key => one[key] === other[key])
}
