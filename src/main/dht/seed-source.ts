import { RmaError } from '../../shared/errors.ts'
import type { VerifiedSeed } from '../../shared/membership/seed-envelope.ts'
import { minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { AddressBook } from './address-book.ts'
import type { Contacts } from './contacts.ts'
import type { EdgeAllowance } from './edge-allowance.ts'
import type { SeedCache } from './seed-cache.ts'
import type { SeedFetcher } from './seed-fetcher.ts'

/** Coordinators asked over HTTP in one try. */
const mostAsked = 8
/** Once one has answered the others are waited for this long: one that is gone would hold up everybody's joining by seconds. */
const lateMs = 0.5 * second

/** Somewhere that addresses to join by come from. Sources are asked in order, each only while the node is alone. */
export interface SeedSource {
  readonly name: string
  /** Asked only once all others have been, and nobody was reached. */
  readonly lastResort?: boolean
  /** Multiaddrs that end in a peer id, best first. May reject: the next source is tried then. */
  addresses(signal: AbortSignal): Promise<string[]>
}

/** Peers known from last time. */
export function knownPeers(book: AddressBook): SeedSource {
  return {
    name: 'known peers',
    addresses: async () => book.peers().flatMap(peer => peer.addresses.map(address => `${address}/p2p/${peer.peerId}`)),
  }
}

/** Peers that somebody has named who is gone himself: a newcomer's first contact may not last long enough to meet them by. */
export function namedPeers(contacts: Pick<Contacts, 'heard'>): SeedSource {
  return {
    name: 'peers named by others',
    addresses: async () =>
      contacts.heard().flatMap(({ peerId, addresses }) => addresses.map(address => `${address}/p2p/${peerId}`)),
  }
}

/** Addresses the owner of this node has set. */
export function configuredSeeds(seeds: readonly string[]): SeedSource {
  return { name: 'configured seeds', addresses: async () => [...seeds] }
}

/** Coordinators heard of within the last day. */
export function keptSeeds(cache: SeedCache): SeedSource {
  return { name: 'kept seeds', addresses: async () => addressesOf(cache.seeds()) }
}

/** Coordinators that answer over HTTP: those that are configured, and those that kept seeds name. */
export function coordinatorSeeds(
  { fetcher, cache, clock }: { fetcher: SeedFetcher; cache: SeedCache; clock: Clock },
  urls: readonly string[],
): SeedSource {
  return {
    name: 'coordinators',
    async addresses(signal) {
      const named = cache.seeds().flatMap(({ seed }) => (seed.tunnel_url === null ? [] : [seed.tunnel_url]))
      const seeds: VerifiedSeed[] = []
      const enough = Promise.withResolvers<void>()
      const answers = [...new Set([...urls, ...named])].slice(0, mostAsked).map(async url => {
        const answer = await fetcher.fetch(url, signal)
        await cache.keep(answer)
        seeds.push(...answer)
        if (answer.length > 0) clock.after(lateMs, enough.resolve)
      })
      const settled = Promise.allSettled(answers)
      await Promise.race([settled, enough.promise])
      // What comes later is kept for the next try.
      if (seeds.length > 0) return addressesOf(seeds)
      const failure = (await settled).find(answer => answer.status === 'rejected')
      if (failure !== undefined) throw failure.reason
      return []
    },
  }
}

/** The edge router, asked only when nobody else has led anywhere, and seldom. */
export function edgeSeeds(
  { fetcher, cache, allowance }: { fetcher: SeedFetcher; cache: SeedCache; allowance: EdgeAllowance },
  { url, clock }: { url: string; clock: Clock },
): SeedSource {
  return {
    name: 'edge router',
    lastResort: true,
    async addresses(signal) {
      const waitMs = allowance.allowedAt - clock.now()
      if (waitMs > 0) throw new RmaError('QUOTA_EXCEEDED', `asked again in ${Math.ceil(waitMs / minute)} min`)
      await allowance.asked()
      const seeds = await fetcher.fetch(url, signal)
      await cache.keep(seeds)
      return addressesOf(seeds)
    },
  }
}

/** The best address of each first, so that nobody's many addresses keep the others waiting. */
function addressesOf(seeds: readonly VerifiedSeed[]): string[] {
  const lists = seeds.map(({ seed }) => seed.multiaddrs)
  const longest = Math.max(0, ...lists.map(list => list.length))
  return Array.from({ length: longest }, (_, rank) => lists.flatMap(list => list.slice(rank, rank + 1))).flat()
}
