/** A number from 0 up to but not including 1, as Math.random gives it. */
export type Random = () => number

/**
 * Draws `count` of `items` without replacement, each draw with a chance in proportion to its weight among those left.
 * Weights are above 0 and at most 1. The order of the result is the order of the draws. Pure but for `random`.
 *
 * While few have been drawn it throws darts: an item picked evenly is kept with the chance of its weight, which costs
 * the same however many there are. When that misses too often it goes on with Efraimidis and Spirakis' method
 * ("Weighted random sampling with a reservoir", 2006) over those left; which item a draw takes does not depend on how
 * often it missed before, so changing over does not change the chances.
 */
export function weightedSample<T>(
  items: readonly T[],
  count: number,
  weight: (item: T) => number,
  random: Random,
): T[] {
  const wanted = Math.min(count, items.length)
  const drawn = new Set<T>()
  if (items.length > 4 * wanted) throwDarts(items, wanted, weight, random, drawn)
  if (drawn.size < wanted) {
    const left = items.filter(item => !drawn.has(item))
    for (const item of drawByKey(left, wanted - drawn.size, weight, random)) drawn.add(item)
  }
  return [...drawn]
}

function throwDarts<T>(
  items: readonly T[],
  wanted: number,
  weight: (item: T) => number,
  random: Random,
  drawn: Set<T>,
): void {
  for (let dart = 0; dart < 8 * wanted && drawn.size < wanted; dart++) {
    const item = items[Math.floor(random() * items.length)]
    if (item !== undefined && random() < weight(item)) drawn.add(item)
  }
}

/** Efraimidis and Spirakis: the smallest of -ln(u) / weight win, in that order; `chanceOf` gives u, from 0 up to 1. */
function drawByKey<T>(
  items: readonly T[],
  count: number,
  weight: (item: T) => number,
  chanceOf: (item: T) => number,
): T[] {
  return items
    .map(item => ({ item, key: -Math.log(1 - chanceOf(item)) / weight(item) }))
    .sort((a, b) => a.key - b.key)
    .slice(0, count)
    .map(({ item }) => item)
}

/**
 * As `weightedSample`, but who is drawn depends on `seed` and on each item's mark alone: the same seed draws the same items
 * wherever it is done, as long as their weights stay what they are, and nearly the same where some have changed.
 */
export function steadySample<T>(
  items: readonly T[],
  count: number,
  weight: (item: T) => number,
  { seed, markOf }: { seed: number; markOf: (item: T) => number },
): T[] {
  return drawByKey(items, count, weight, item => uniform(seed ^ markOf(item)))
}

/** Spreads 32 bits evenly from 0 up to but not including 1 (the last step of MurmurHash3). */
function uniform(bits: number): number {
  let mixed = bits ^ (bits >>> 16)
  mixed = Math.imul(mixed, 0x85eb_ca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2_ae35)
  return ((mixed ^ (mixed >>> 16)) >>> 0) / 4_294_967_296
}
