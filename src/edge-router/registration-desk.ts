import { RmaError } from '../shared/errors.ts'
import { verifyCertificate } from '../shared/membership/certificate.ts'
import { openRegistration } from '../shared/membership/registration.ts'
import { verifyRevocations } from '../shared/membership/revocations.ts'
import {
  aliveForMs,
  type CoordinatorRegistration,
  type RegistrationAccepted,
  registrationIntervalMs,
} from '../shared/schema/edge-api.ts'
import { type Milliseconds, minute, second } from '../shared/units.ts'
import type { CoordinatorStore, EdgeClock } from './coordinator-store.ts'
import type { Admission, KnownRevocations } from './coordinator-table.ts'
import type { Point } from './distance.ts'
import { within } from './known-coordinators.ts'

const patienceMs = 5 * second

export interface NetworkIdentity {
  networkId: string
  caPublicKey: string
}

export interface Registrant {
  body: CoordinatorRegistration
  /** Of this edge router, as the coordinator asked for it. */
  origin: string
  /** Where the request came from. */
  place: Point | undefined
}

/** Takes registrations of certified coordinators of one network. */
export class RegistrationDesk {
  readonly #store: CoordinatorStore
  readonly #clock: EdgeClock
  readonly #network: NetworkIdentity

  constructor({ store, clock }: { store: CoordinatorStore; clock: EdgeClock }, network: NetworkIdentity) {
    this.#store = store
    this.#clock = clock
    this.#network = network
  }

  /** Rejects with what `openRegistration` rejects with, REGISTRATION_REPLAYED, QUOTA_EXCEEDED or STORAGE_UNAVAILABLE. */
  async register({ body, origin, place }: Registrant): Promise<RegistrationAccepted> {
    const now = this.#clock.now()
    const known = (await within(patienceMs, this.#clock, this.#store.list())).revocations
    const newest = newer(known, await this.#revocationsOf(body))
    const { seed, expiresAt, certificate, at, nonce } = await openRegistration(body.registration, {
      networkId: this.#network.networkId,
      verifyCertificate: (token, now) => verifyCertificate(token, { ...this.#network, revoked: newest.revoked, now }),
      origin,
      now,
    })
    if (certificate === undefined) throw new RmaError('MEMBERSHIP_MISSING', 'expected a seed with a certificate')
    const arrival = {
      seed,
      seenAt: now,
      expiresAt,
      certificate: { id: certificate.id, issuedAt: certificate.issuedAt },
      at,
      nonce,
      ...(place === undefined ? {} : { origin: place }),
    }
    const admission = this.#store.register(arrival, newest === known ? undefined : newest)
    refuse(await within(patienceMs, this.#clock, admission))
    return accepted(seed.node_id, Math.min(expiresAt, now + aliveForMs), now)
  }

  async #revocationsOf({ revocations }: CoordinatorRegistration): Promise<KnownRevocations | undefined> {
    if (revocations === undefined) return undefined
    const { version, revoked } = await verifyRevocations(revocations, this.#network)
    return { version, revoked }
  }
}

function newer(known: KnownRevocations, brought: KnownRevocations | undefined): KnownRevocations {
  return brought !== undefined && brought.version > known.version ? brought : known
}

function refuse(admission: Admission): void {
  if (admission === 'replayed') throw new RmaError('REGISTRATION_REPLAYED', 'this registration has been taken before')
  if (admission === 'too-often')
    throw new RmaError('QUOTA_EXCEEDED', 'this coordinator registers too often', { retryAfterMs: 5 * minute })
}

/** Well before its word ends, and each 12 hours otherwise. */
function accepted(node_id: string, expires_at: Milliseconds, now: Milliseconds): RegistrationAccepted {
  const againMs = Math.min(registrationIntervalMs, Math.max(minute, (expires_at - now) / 2))
  return { node_id, expires_at, register_again_seconds: Math.floor(againMs / second) }
}
