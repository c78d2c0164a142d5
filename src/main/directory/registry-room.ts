import type { Milliseconds } from '../../shared/units.ts'
import { isLive, type RegistryEntry } from './registry-entry.ts'

/** From how much of the room under a key on it counts as full: workers that come and go shall not open and close it. */
const fullShare = 7 / 8
/** The same where others can hardly connect any more. With fewer, shards would have a handful each. */
const fullShareWhenCrowded = 1 / 4

/**
 * Whether workers and askers are to go on to the keys with one digit more. `share`: how much of the room under a key is taken;
 * `isCrowded`: whether others can hardly connect any more, asked only where it matters.
 */
export function isFull(share: number, isCrowded: () => boolean): boolean {
  return share >= fullShare || (share >= fullShareWhenCrowded && isCrowded())
}

/**
 * Which entry gives way to a newcomer where all places are taken; undefined where the newcomer has to be refused.
 * First those kept only against replay go. Otherwise the address group with the most entries gives up the one that
 * expires first, provided that it is still at least as large as the newcomer's afterwards: one address group can fill
 * an empty registrar, but cannot keep others out. Pure; looks at every entry, so call it only when full.
 */
export function chooseToGiveWay(
  entries: Iterable<RegistryEntry>,
  newcomerGroup: string | undefined,
  now: Milliseconds,
): RegistryEntry | undefined {
  const groups = new Map<string | undefined, { size: number; first: RegistryEntry }>()
  for (const entry of entries) {
    if (!isLive(entry, now)) return entry
    const group = groups.get(entry.group)
    if (group === undefined) groups.set(entry.group, { size: 1, first: entry })
    else {
      group.size++
      if (entry.expiresAt < group.first.expiresAt) group.first = entry
    }
  }
  const newcomers = groups.get(newcomerGroup)?.size ?? 0
  const largest = [...groups.values()].reduce<{ size: number; first?: RegistryEntry }>(
    (most, group) => (group.size > most.size ? group : most),
    { size: 0 },
  )
  return largest.size > newcomers + 1 ? largest.first : undefined
}
