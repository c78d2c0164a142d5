import { firstOfParties, type Place } from '../directory/closeness.ts'
import { distance, type Position } from '../directory/keys.ts'

/** How many of the closest peers a lookup looks for. */
export const soughtPeers = 8
/** So many have to have answered, however many have no room: somebody has to be there to be asked. */
const leastPeers = 3
/** Who has no room counts as one who is there when so many parties name it, for it has proven nothing itself. */
const enoughWitnesses = 2
/** Questions on their way at once. */
export const alpha = 3
/** Peers asked in one lookup, so that made-up ones cannot keep it going. */
export const maxAsked = 40
/** Peers kept in mind; the farthest are forgotten. */
const maxHeard = 256

/** A peer that somebody named. */
export interface LookupPeer extends Place {
  readonly peerId: string
  /** Whether asking it takes no new connection. */
  readonly connected: boolean
}

/**
 * Where a peer stands in a lookup. `slow`: it has been asked and has not answered within the time an answer usually takes;
 * its answer still counts, but nobody waits for it while others can be asked. `mute`: it was reached and did not answer in
 * all the time there is. `full`: something is there that hangs up before it has said who it is, as one without room for a
 * connection does. `failed`: it cannot be reached, or answers nonsense.
 */
export type Standing = 'heard' | 'asked' | 'slow' | 'answered' | 'mute' | 'full' | 'failed'

/** A search for the peers closest to a place in the key space. Plain data; the functions below return the next state. */
export interface Lookup<P extends LookupPeer> {
  readonly target: Position
  /** How many of the 8 closest have to have answered. Fewer are quicker, and enough where the rest may be hearsay. */
  readonly sure: number
  /** Whether slow ones are waited for although others have answered in their place. */
  readonly patient: boolean
  /** Everybody heard of, closest first. */
  readonly entries: readonly LookupEntry<P>[]
}

export interface LookupEntry<P extends LookupPeer> {
  readonly peer: P
  readonly standing: Standing
  readonly distance: string
  /** Parties of those who were asked and have named it, two at most; none: this node remembers it, perhaps from long ago. */
  readonly witnesses: readonly string[]
}

export function startLookup<P extends LookupPeer>(target: Position, sure: number, from: readonly P[]): Lookup<P> {
  return add({ target, sure, patient: sure >= soughtPeers, entries: [] }, from, [])
}

/** Waits no longer for slow ones in whose place others have answered. */
export function hurry<P extends LookupPeer>(lookup: Lookup<P>): Lookup<P> {
  return { ...lookup, patient: false }
}

/** Takes in peers that a party has named; those known before stay where they stand. */
export function hear<P extends LookupPeer>(lookup: Lookup<P>, named: readonly P[], by: string): Lookup<P> {
  const ids = new Set(named.map(({ peerId }) => peerId))
  const isNews = ({ peer, witnesses }: LookupEntry<P>) =>
    witnesses.length < enoughWitnesses && ids.has(peer.peerId) && !witnesses.includes(by)
  const entries = lookup.entries.some(isNews)
    ? lookup.entries.map(entry => (isNews(entry) ? { ...entry, witnesses: [...entry.witnesses, by] } : entry))
    : lookup.entries
  return add(entries === lookup.entries ? lookup : { ...lookup, entries }, named, [by])
}

function add<P extends LookupPeer>(lookup: Lookup<P>, peers: readonly P[], witnesses: readonly string[]): Lookup<P> {
  const known = new Set(lookup.entries.map(({ peer }) => peer.peerId))
  const news = peers.filter(({ peerId }) => !known.has(peerId) && known.add(peerId))
  if (news.length === 0) return lookup
  const added = news.map(
    (peer): LookupEntry<P> => ({
      peer,
      standing: 'heard',
      distance: distance(peer.position, lookup.target),
      witnesses,
    }),
  )
  const entries = [...lookup.entries, ...added].sort((a, b) => (a.distance < b.distance ? -1 : 1))
  return { ...lookup, entries: entries.slice(0, maxHeard) }
}

/** Notes how a question to a peer went. What is over stays over: a peer that is late with its answer has answered. */
export function note<P extends LookupPeer>(lookup: Lookup<P>, peerId: string, standing: Standing): Lookup<P> {
  const entries = lookup.entries.map(entry => {
    if (entry.peer.peerId !== peerId || isOver(entry.standing)) return entry
    if (standing === 'slow' && entry.standing !== 'asked') return entry
    return { ...entry, standing }
  })
  return { ...lookup, entries }
}

/** Whom to ask now: of those sought those not asked yet, first those that take no new connection, three at a time. */
export function nextToAsk<P extends LookupPeer>(lookup: Lookup<P>): P[] {
  if (isDone(lookup)) return []
  const onTheirWay = count(lookup, 'asked')
  const asked = lookup.entries.filter(({ standing }) => standing !== 'heard').length
  const room = Math.min(alpha - onTheirWay, maxAsked - asked)
  if (room <= 0) return []
  const waiting = closestUsable(lookup).filter(({ standing }) => standing === 'heard')
  const byEase = [...waiting.filter(isConnected), ...waiting.filter(entry => !isConnected(entry))]
  return byEase.slice(0, room).map(({ peer }) => peer)
}

/**
 * Whether enough is known: as many of those sought as it takes have answered, or there is nobody left to ask and no answer
 * to wait for. The slow ones are waited for as well while too few have answered, and for a while where all are to answer:
 * without them it could not be told who is closest.
 */
export function isDone<P extends LookupPeer>(lookup: Lookup<P>): boolean {
  const closest = closestUsable(lookup)
  const answered = closest.filter(({ standing }) => standing === 'answered').length
  const sought = soughtOf(lookup.entries)
  if (answered >= Math.min(lookup.sure, sought)) return !lookup.patient || !lacksSlow(lookup, sought)
  if (count(lookup, 'asked') > 0 || count(lookup, 'slow') > 0) return false
  const exhausted = lookup.entries.filter(({ standing }) => standing !== 'heard').length >= maxAsked
  return exhausted || closest.every(({ standing }) => standing === 'answered')
}

export interface LookupResult<P extends LookupPeer> {
  /**
   * The 8 closest that neither failed nor kept mute, closest first; where some are known to have no room, as many fewer, but
   * three. Whoever has not answered is hearsay.
   */
  readonly closest: P[]
  /** Whether all of them have answered, so that there can hardly be others. */
  readonly certain: boolean
  /** How many of the 8 closest are known to be there, and have no room. */
  readonly full: number
}

export function resultOf<P extends LookupPeer>({ entries }: Lookup<P>): LookupResult<P> {
  const sought = soughtOf(entries)
  const present = entries.filter(({ standing }) => standing !== 'failed' && standing !== 'full')
  const certain = firstOfParties(present, sought, partyOf).every(({ standing }) => standing === 'answered')
  const usable = present.filter(({ standing }) => standing !== 'mute')
  const closest = firstOfParties(usable, sought, partyOf).map(({ peer }) => peer)
  return { closest, certain, full: fullOf(entries) }
}

/** Those that were connected with to be asked, and are not among the closest: nothing more is wanted of them. */
export function passedBy<P extends LookupPeer>(lookup: Lookup<P>): P[] {
  const { closest } = resultOf(lookup)
  return lookup.entries.flatMap(({ peer, standing }) =>
    standing === 'answered' && !peer.connected && !closest.includes(peer) ? [peer] : [],
  )
}

/** The closest that have not failed and keep nobody waiting, as many as are sought. */
function closestUsable<P extends LookupPeer>({ entries }: Lookup<P>): LookupEntry<P>[] {
  return firstOfParties(entries.filter(isUsable), soughtOf(entries), partyOf)
}

/** Whether one that is slow would be among those sought, did it answer. */
function lacksSlow({ entries }: Lookup<LookupPeer>, sought: number): boolean {
  const hoped = entries.filter(entry => isUsable(entry) || entry.standing === 'slow')
  return firstOfParties(hoped, sought, partyOf).some(({ standing }) => standing === 'slow')
}

/**
 * How many peers are sought: of the 8 closest all but those that are there and have no room. Others farther away in their
 * place would cost a connection each, and nobody would look there.
 */
function soughtOf(entries: readonly LookupEntry<LookupPeer>[]): number {
  return Math.max(leastPeers, soughtPeers - fullOf(entries))
}

function fullOf(entries: readonly LookupEntry<LookupPeer>[]): number {
  if (!entries.some(isKnownToBeFull)) return 0
  const there = entries.filter(entry => isUsable(entry) || isKnownToBeFull(entry))
  return firstOfParties(there, soughtPeers, partyOf).filter(isKnownToBeFull).length
}

const isUsable = ({ standing }: LookupEntry<LookupPeer>) =>
  standing === 'heard' || standing === 'asked' || standing === 'answered'
const isKnownToBeFull = ({ standing, witnesses }: LookupEntry<LookupPeer>) =>
  standing === 'full' && witnesses.length >= enoughWitnesses
const partyOf = ({ peer }: LookupEntry<LookupPeer>) => peer.party
const isConnected = ({ peer }: LookupEntry<LookupPeer>) => peer.connected
const isOver = (standing: Standing) =>
  standing === 'answered' || standing === 'mute' || standing === 'full' || standing === 'failed'

function count({ entries }: Lookup<LookupPeer>, wanted: Standing): number {
  return entries.filter(({ standing }) => standing === wanted).length
}
