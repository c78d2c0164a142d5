import type { CoordinatorEntry } from './coordinator-table.ts'
import { distanceKm, type Point } from './distance.ts'
import { places } from './places.ts'

/** Farther than any place on the globe: where a distance is unknown. */
const unknownKm = 40_000

/**
 * Coordinators nearest to `asker` first; those as far away as each other in the order they came. A coordinator is where its
 * location label says, if the table knows that place, else where Cloudflare saw its registration come from.
 */
export function nearestFirst<T extends Pick<CoordinatorEntry, 'seed' | 'origin'>>(
  coordinators: readonly T[],
  asker: Point | undefined,
): T[] {
  if (asker === undefined) return [...coordinators]
  return coordinators
    .map(coordinator => ({ coordinator, km: kilometresTo(coordinator, asker) }))
    .sort((a, b) => a.km - b.km)
    .map(({ coordinator }) => coordinator)
}

function kilometresTo({ seed, origin }: Pick<CoordinatorEntry, 'seed' | 'origin'>, asker: Point): number {
  const place = placeOf(seed.location) ?? origin
  return place === undefined ? unknownKm : distanceKm(place, asker)
}

/** Where a label is: all of it, or its first words, so that `london-2` is in London. */
function placeOf(label: string | null): Point | undefined {
  const words = label?.split('-') ?? []
  for (let length = words.length; length > 0; length--) {
    const known = places.get(words.slice(0, length).join('-'))
    if (known !== undefined) return { latitude: known[0], longitude: known[1] }
  }
  return undefined
}
