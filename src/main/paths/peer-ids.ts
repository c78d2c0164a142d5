import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { remembering } from '../remembering.ts'

const most = 1_000

/**
 * Peer ids by their text. libp2p wants an object and turns it back into text to look it up; doing both anew for each request
 * took a tenth of the processor's time of sending one.
 */
export class PeerIds {
  /** Throws where it is the text of none. */
  readonly read: (text: PeerIdText) => PeerId = remembering(peerIdFromString, most)
}
