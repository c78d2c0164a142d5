import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { registrarsPerKey } from './keys.ts'
import type { Registrar } from './registrars.ts'
import type { Random } from './sample.ts'

/** How many registrars one question goes to. */
const askedAtOnce = 3
/** How often the one drawn may be any, instead of one this node is connected with: a new connection is expensive. */
const strangerShare = 1 / 8

/**
 * Which registrars to ask, out of those of a key, closest first: this node where it is one (that costs nothing), then those
 * it is connected with before others, the closest first, but each of another address group as far as there are enough, so
 * that no single party answers alone. The last
 * one is drawn at random from the rest: whoever holds the places closest to a key cannot keep an asker from the truth for
 * long.
 */
export function chooseRegistrars(registrars: readonly Registrar[], self: PeerIdText, random: Random): Registrar[] {
  const own = registrars.filter(registrar => registrar.peerId === self)
  const strangers = registrars.filter(registrar => registrar.peerId !== self)
  const others = [...strangers.filter(each => each.connected), ...strangers.filter(each => !each.connected)]
  const groups = new Set<string>()
  const firstOfGroup = others.filter(({ group }) => !groups.has(group) && groups.add(group))
  const rest = others.filter(registrar => !firstOfGroup.includes(registrar))
  const certain = [...own, ...firstOfGroup, ...rest].slice(0, askedAtOnce - 1)
  const more = firstOfGroup.filter(registrar => !certain.includes(registrar))
  const open = more.length > 0 ? more : rest.filter(registrar => !certain.includes(registrar))
  const connected = open.filter(registrar => registrar.connected)
  const pool = connected.length > 1 && random() >= strangerShare ? connected : open
  const drawn = pool[Math.floor(random() * pool.length)]
  return drawn === undefined ? certain : [...certain, drawn]
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
