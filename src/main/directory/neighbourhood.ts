import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Clock } from '../clock.ts'
import { type AskCloser, ClosestPeers } from '../dht/closest.ts'
import { ConnectionTrimmer } from '../dht/connection-trimmer.ts'
import { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { readPeerId } from '../dht/peer-ids.ts'
import { TableFiller } from '../dht/table-filler.ts'
import { Lifecycle, type Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import type { Ask } from './ask.ts'
import { Channels } from './channels.ts'
import { readCloser } from './closer.ts'
import { maxCloser } from './frames.ts'
import { Registrars } from './registrars.ts'

export interface NeighbourhoodComponents {
  host: Host
  clock: Clock
  log: Logger
}

/** Whom this node knows, whom it can ask, and who is closest to what. */
export interface Neighbourhood extends Startable {
  readonly contacts: Contacts
  readonly registrars: Registrars
  /** Puts a question to another node. */
  readonly ask: Ask
  /** Hangs up on a server that this node has no use for. */
  letGo(peerId: PeerIdText): void
  /** To be called when another node has put a question to this one. */
  asked(peerId: PeerIdText): void
}

export function createNeighbourhood({ host, clock, log }: NeighbourhoodComponents): Neighbourhood {
  const self = host.peerId.toString()
  const contacts = new Contacts({ host })
  const channels = new Channels({ host, contacts, clock })
  const trimmer = new ConnectionTrimmer({ host, contacts, channels, clock, log })
  const ask: Ask = (peerId, question, options) => {
    trimmer.used(peerId)
    return channels.ask(peerId, question, options)
  }
  const askCloser: AskCloser = async (contact, target, options) => {
    const { peerId } = contact
    const peer = readPeerId(peerId)
    // Whoever is only just named, or has hung up meanwhile, is dialled where the others say it is.
    if (contacts.get(peerId) === undefined) contacts.hear([{ ...contact, connected: false }])
    // A lookup passes by: that alone is no reason to stay connected.
    const answer = await channels.ask(peerId, { kind: 'closest', target, limit: maxCloser }, options)
    contacts.answered(peer)
    const [connection] = host.libp2p.getConnections(peer)
    return connection === undefined ? [] : readCloser(answer, { self, said: connection.remoteAddr, contacts })
  }
  const leave = (peerId: PeerIdText) => void trimmer.leave(peerId)
  const closest = new ClosestPeers({ contacts, ask: askCloser, leave, clock, log })
  const lifecycle = new Lifecycle()
  lifecycle.add('channels', channels)
  lifecycle.add('contacts', contacts)
  lifecycle.add('connection trimmer', trimmer)
  lifecycle.add('table filler', new TableFiller({ host, contacts, closest, ask: askCloser, clock, log }))
  return {
    contacts,
    registrars: new Registrars({ host, contacts, closest }),
    ask,
    letGo: peerId => void trimmer.letGo(peerId),
    asked: peerId => trimmer.used(peerId),
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
  }
}
