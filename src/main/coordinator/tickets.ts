import { RmaError } from '../../shared/errors.ts'
import type { TokenSigner } from '../../shared/membership/peer-token.ts'
import { sealTicket } from '../../shared/membership/service-ticket.ts'
import { isParticular, lacking } from '../../shared/particulars.ts'
import type { TicketAnswer } from '../../shared/schema/coordinator-api.ts'
import type { PeerIdText, ServiceType } from '../../shared/schema/primitives.ts'
import type { Particulars, WorkerView } from '../../shared/schema/worker.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { WorkerSource } from '../routing/worker-source.ts'

const lookupTimeoutMs = 5 * second
/** A ticket is for one of the freest so many, so that those who ask at the same time do not all meet at one. */
const drawnFrom = 3

export interface TicketsComponents {
  workers: WorkerSource
  /** Whether a certificate calls the peer trusted. */
  isTrusted(peerId: PeerIdText): boolean
  signer: TokenSigner
  clock: Clock
}

/** What is asked of a worker besides the service. */
export interface TicketDemands {
  particulars?: Particulars | undefined
  /** Only a member that the network's operator trusts. */
  trustedOnly?: boolean
}

/** Gives out leave to send one request straight to a worker that has a public address. */
export class Tickets {
  readonly #parts: TicketsComponents
  readonly #networkId: string

  constructor(components: TicketsComponents, { networkId }: { networkId: string }) {
    this.#parts = components
    this.#networkId = networkId
  }

  /** Rejects with NO_WORKER. */
  async issue(service: ServiceType, demands: TicketDemands = {}): Promise<TicketAnswer> {
    const { particulars = {}, trustedOnly = false } = demands
    const { workers, isTrusted, signer, clock } = this.#parts
    const signal = AbortSignal.timeout(lookupTimeoutMs)
    const found = await workers.lookup(service, { signal, ...(isParticular(particulars) ? { particulars } : {}) })
    const able = found.workers
      .filter(({ peerId }) => !trustedOnly || isTrusted(peerId))
      .filter(({ record }) => lacking(record.choices, service, particulars) === undefined)
    const reachable = freest(able, clock.now())
    const chosen = reachable[Math.floor(Math.random() * Math.min(drawnFrom, reachable.length))]
    if (chosen === undefined)
      throw new RmaError(
        'NO_WORKER',
        `no worker that offers ${service}, and all that was asked of it, has a public address; POST /api/service/${service}`,
      )
    const { ticket, expiresAt } = await sealTicket(
      { networkId: this.#networkId, worker: chosen.peerId, service, now: clock.now() },
      signer,
    )
    return { tunnel_url: chosen.url, ticket, expires_at: expiresAt }
  }
}

/** Workers that a browser can reach and that take requests, those with the least load first. */
function freest(workers: readonly WorkerView[], now: Milliseconds): { peerId: string; url: string }[] {
  return workers
    .filter(worker => worker.state === 'donating' && worker.expiresAt > now)
    .filter(({ queue }) => queue.waiting < Math.max(1, queue.bound))
    .sort((a, b) => a.load - b.load)
    .flatMap(({ peerId, record: { tunnelUrl } }) =>
      tunnelUrl === undefined ? [] : [{ peerId, url: tunnelUrl.replace(/^wss:/, 'https:') }],
    )
}
