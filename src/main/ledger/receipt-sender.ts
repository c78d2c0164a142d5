import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Job } from '../../shared/schema/job.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { Logger } from '../log.ts'
import type { PeerHttp } from '../paths/peer-http.ts'
import { signReceipt } from './receipt.ts'

const timeoutMs = 10 * second
/** Receipts under way; beyond it further ones are left out: thanks must not get in the way of work. */
const mostUnderWay = 32

export interface ReceiptSenderComponents {
  peerHttp: Pick<PeerHttp, 'request'>
  privateKey: Ed25519PrivateKey
  clock: Clock
  log: Logger
}

/** Acknowledges what other nodes did for this one, over the connection that is open to them. */
export class ReceiptSender {
  readonly #parts: ReceiptSenderComponents
  readonly #init: { selfId: PeerIdText; networkId: string }
  #underWay = 0

  constructor(components: ReceiptSenderComponents, init: { selfId: PeerIdText; networkId: string }) {
    this.#parts = components
    this.#init = init
  }

  /** Sends a receipt for a job that has ended, if it was done elsewhere and came to a result. Never fails. */
  async acknowledge(job: Job): Promise<void> {
    const { worker, role, state } = job
    if (role !== 'requested' || state !== 'done' || worker === undefined || worker === this.#init.selfId) return
    if (this.#underWay >= mostUnderWay) return
    this.#underWay++
    try {
      await this.#send(job, worker)
    } catch (error) {
      // The worker has left, or is of a version that takes none: the work is done all the same.
      this.#parts.log.debug({ worker, err: error }, 'a receipt was not taken')
    } finally {
      this.#underWay--
    }
  }

  async #send(job: Job, worker: PeerIdText): Promise<void> {
    const { peerHttp, privateKey, clock } = this.#parts
    const { id, service, startedAt = job.createdAt, finishedAt = clock.now(), bytesIn, bytesOut } = job
    const durationMs = Math.max(0, Math.round(finishedAt - startedAt))
    const receipt = { requestId: id, service, worker, durationMs, bytesIn, bytesOut, issuedAt: clock.now() }
    const body = await signReceipt(privateKey, { ...receipt, outcome: 'done' }, this.#init.networkId)
    const response = await peerHttp.request(
      { peerId: worker, addresses: [] },
      {
        method: 'POST',
        path: `/receipts/${id}`,
        headers: { 'content-type': 'application/cbor', 'content-length': String(body.byteLength) },
        body,
        onBehalfOf: this.#init.selfId,
        signal: AbortSignal.timeout(timeoutMs),
      },
    )
    response.body.resume()
    if (response.status !== 204) throw new Error(`expected status 204, got ${response.status}`)
  }
}
