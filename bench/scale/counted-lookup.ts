import type { Clock } from '../../src/main/clock.ts'
import { randomPlaceIn } from '../../src/main/dht/buckets.ts'
import { type AskCloser, ClosestPeers, thorough } from '../../src/main/dht/closest.ts'
import type { Host } from '../../src/main/dht/host.ts'
import { readPeerId } from '../../src/main/dht/peer-ids.ts'
import { Channels } from '../../src/main/directory/channels.ts'
import { readCloser } from '../../src/main/directory/closer.ts'
import type { Directory } from '../../src/main/directory/directory.ts'
import { maxCloser } from '../../src/main/directory/frames.ts'
import { peerPosition } from '../../src/main/directory/keys.ts'
import type { Logger } from '../../src/main/log.ts'

/** What a search for the servers closest to a place took. */
export interface CountedLookup {
  /** Peers that were asked. */
  questions: number
  /** Of the longest way to one of the 8 closest: how many had to be asked one after the other until it was named. */
  hops: number
}

export interface CountedLookupComponents {
  host: Host
  directory: Pick<Directory, 'contacts'>
  clock: Clock
  log: Logger
}

/** Looks for the servers closest to a random place, as the node itself does, from what it knows now. */
export async function countedLookup({ host, directory, clock, log }: CountedLookupComponents): Promise<CountedLookup> {
  const { contacts } = directory
  const self = host.peerId.toString()
  const channels = new Channels({ host, contacts, clock })
  channels.start()
  const hops = new Map<string, number>()
  let questions = 0
  const ask: AskCloser = async ({ peerId }, target, options) => {
    questions++
    const answer = await channels.ask(peerId, { kind: 'closest', target, limit: maxCloser }, options)
    const [connection] = host.libp2p.getConnections(readPeerId(peerId))
    const named = connection === undefined ? [] : readCloser(answer, { self, said: connection.remoteAddr, contacts })
    const farther = (hops.get(peerId) ?? 0) + 1
    for (const contact of named)
      if (!contact.connected) hops.set(contact.peerId, Math.min(farther, hops.get(contact.peerId) ?? farther))
    return named
  }
  try {
    const target = randomPlaceIn(0, peerPosition(self))
    const found = await new ClosestPeers({ contacts, ask, clock, log }).find(target, {
      sure: thorough,
      signal: new AbortController().signal,
    })
    return { questions, hops: Math.max(0, ...found.closest.map(({ peerId }) => hops.get(peerId) ?? 0)) }
  } finally {
    channels.stop()
  }
}
