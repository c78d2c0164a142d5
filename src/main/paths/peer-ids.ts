import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerIdText } from '../../shared/schema/primitives.ts'

const most = 1_000

/**
 * Peer ids by their text. libp2p wants an object and turns it back into text to look it up; doing both anew for each request
 * took a tenth of the processor's time of sending one.
 */
export class PeerIds {
  readonly #known = new Map<PeerIdText, PeerId>()

  /** Throws where it is the text of none. */
  read(text: PeerIdText): PeerId {
    const known = this.#known.get(text)
    if (known !== undefined) return known
    const peerId = peerIdFromString(text)
    this.#known.set(text, peerId)
    const [oldest] = this.#known.keys()
    if (this.#known.size > most && oldest !== undefined) this.#known.delete(oldest)
    return peerId
  }
}
