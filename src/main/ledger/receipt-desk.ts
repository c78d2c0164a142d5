import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import { countsAsVerified, type ReceiptCircumstances } from './counts-as-verified.ts'
import type { JobLog } from './job-log.ts'
import type { Ledger } from './ledger.ts'
import { openReceipt } from './receipt.ts'

export interface ReceiptDeskComponents {
  ledger: Pick<Ledger, 'keepReceipt'>
  jobs: Pick<JobLog, 'acknowledge'>
  clock: Clock
}

export interface ReceiptDeskInit {
  selfId: PeerIdText
  networkId: string
  circumstances: (requester: PeerIdText) => Omit<ReceiptCircumstances, 'requester' | 'worker'>
}

/** Takes receipts of work that was done here: `POST /receipts/<request id>`. */
export class ReceiptDesk {
  readonly #parts: ReceiptDeskComponents
  readonly #init: ReceiptDeskInit

  constructor(components: ReceiptDeskComponents, init: ReceiptDeskInit) {
    this.#parts = components
    this.#init = init
  }

  /**
   * Keeps a receipt. A repeated one changes nothing.
   *
   * @param from peer at the other end of the connection, whose id its handshake has proven
   * @throws RmaError BAD_INPUT for one that is not in order, NOT_FOUND when no job of that peer with that id was done here
   */
  async take(requestId: string, envelope: Uint8Array, from: PeerIdText): Promise<void> {
    const { selfId, networkId, circumstances } = this.#init
    const receipt = openReceipt(envelope, from, networkId)
    if (receipt.requestId !== requestId || receipt.worker !== selfId) {
      throw new RmaError('BAD_INPUT', 'expected a receipt of this node for this request')
    }
    const verified = countsAsVerified({ requester: from, worker: selfId, ...circumstances(from) })
    const { ledger, jobs, clock } = this.#parts
    const outcome = await ledger.keepReceipt({
      requestId,
      requester: from,
      envelope,
      receivedAt: clock.now(),
      verified,
    })
    if (outcome === 'unknown-job') {
      throw new RmaError('NOT_FOUND', `no request ${requestId} of yours was served here`, { id: requestId })
    }
    if (outcome === 'stored') jobs.acknowledge(requestId, from, verified ? 'verified' : 'unverified')
  }
}
