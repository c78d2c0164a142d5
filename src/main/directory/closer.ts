import type { Multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Contact, type Contacts, contactAt } from '../dht/contacts.ts'
import { worthDialling } from '../dht/hearsay-addresses.ts'
import type { AnswerFrame, CloserFrame, ClosestFrame } from './frames.ts'

/** The answer to `closest`: servers this node is connected with, those of one party limited, the asker left out. */
export function nameCloser(
  { id, target, limit }: ClosestFrame,
  contacts: Pick<Contacts, 'closest'>,
  asker: PeerIdText,
): CloserFrame {
  const closest = contacts.closest(target, limit + 1).filter(({ peerId }) => peerId !== asker)
  const peers = closest.slice(0, limit).map(({ peerId, addresses }) => ({ peer: peerId, addresses: [...addresses] }))
  return { id, kind: 'closer', peers }
}

export interface CloserContext {
  self: PeerIdText
  /** Where the answerer is. */
  said: Multiaddr
  contacts: Pick<Contacts, 'get'>
}

/**
 * Whom an answer names. What this node knows itself of a peer counts more than what others say of it; names that are no
 * peer ids, and peers without an address worth dialling, are left out. Throws PROTOCOL where it is no such answer.
 */
export function readCloser(answer: AnswerFrame, { self, said, contacts }: CloserContext): Contact[] {
  if (answer.kind !== 'closer') throw new RmaError('PROTOCOL', `expected who is closer, got ${answer.kind}`)
  return answer.peers.flatMap(({ peer, addresses }) => {
    if (peer === self) return []
    const known = contacts.get(peer)
    if (known !== undefined && (known.connected || saysNothingNew(known, addresses))) return [known]
    const [first, ...more] = worthDialling(addresses, said)
    const contact = first && tryContact(peer, first, [first, ...more].map(String), known)
    return contact === undefined ? [] : [contact]
  })
}

/** Whether a peer is named at its one address on the internet that is known already: that counts whoever names it. */
function saysNothingNew(
  { peerId, party, addresses: [known, ...others] }: Contact,
  [named, ...more]: string[],
): boolean {
  return party !== peerId && named === known && others.length === 0 && more.length === 0
}

function tryContact(
  peer: PeerIdText,
  address: Multiaddr,
  addresses: string[],
  known: Contact | undefined,
): Contact | undefined {
  try {
    return contactAt(peer, address, addresses, false, known?.position)
  } catch {
    // Not a peer id.
    return undefined
  }
}
