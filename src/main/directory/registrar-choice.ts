import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { type Registrar, registrarsPerKey } from './registrars.ts'

/** How many registrars one question goes to. */
const askedAtOnce = 3

/**
 * Which registrars to ask, out of those of a key, closest first: this node where it is one (that costs nothing), and
 * otherwise the closest, but each of another address group as far as there are enough, so that no single party answers
 * alone.
 */
export function chooseRegistrars(registrars: readonly Registrar[], self: PeerIdText): Registrar[] {
  const chosen = registrars.filter(registrar => registrar.peerId === self)
  const others = registrars.filter(registrar => registrar.peerId !== self)
  const groups = new Set<string>()
  const firstOfGroup = others.filter(({ group }) => !groups.has(group) && groups.add(group))
  const rest = others.filter(registrar => !firstOfGroup.includes(registrar))
  return [...chosen, ...firstOfGroup, ...rest].slice(0, askedAtOnce)
}

/**
 * Whether the DHT has to be asked who keeps a key. Where fewer other servers are known than a key has registrars, all of
 * them are its registrars, but there may be more servers than are known: so it is asked in any case, now and then. An age
 * below zero is that of an answer got before the clock was set back.
 */
export function needsLookup(othersKnown: number, ageMs: Milliseconds, lifetimeMs: Milliseconds): boolean {
  if (othersKnown === 0) return false
  return ageMs < 0 || ageMs >= lifetimeMs || (othersKnown < registrarsPerKey / 2 && ageMs >= lifetimeMs / 8)
}
