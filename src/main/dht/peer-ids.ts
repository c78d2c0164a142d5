import type { PeerId } from '@libp2p/interface'
import { peerIdFromString } from '@libp2p/peer-id'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { remembering } from '../remembering.ts'

const most = 4_096

/**
 * A peer id by its text. libp2p wants an object and turns it back into text to look it up; doing both anew took a tenth of the
 * processor's time of sending a request and an eighth of that of looking peers up. Throws where it is the text of none.
 */
export const readPeerId: (text: PeerIdText) => PeerId = remembering(peerIdFromString, most)
