import { maxShardDigits, workersPerKey } from './keys.ts'
import type { Random } from './sample.ts'

/** Keys with one digit more that a key goes on with. */
const branches = 16

/**
 * What is known of how a service's workers are spread over keys: how many digits the keys have that are not full, and how
 * many workers stand under such a key. Plain data; the functions below return the next state.
 */
export interface Spread {
  readonly digits: number
  /** Undefined until registrars of such a key have said it. */
  readonly workers: number | undefined
}

export const unspread: Spread = { digits: 0, workers: undefined }

/** Takes in what registrars of a key with so many digits said. */
export function learnSpread(
  { digits: deepest, workers }: Spread,
  digits: number,
  { full, workers: found }: { full: boolean; workers: number },
): Spread {
  if (!full && digits <= deepest) return { digits, workers: found }
  if (full && digits === deepest && deepest < maxShardDigits) return { digits: deepest + 1, workers: undefined }
  return { digits: deepest, workers }
}

/**
 * How many digits the next key that is asked for should have: each worker has the same chance. Where it is not known how many
 * there are farther on, that has to be found out first. Pure but for `random`.
 */
export function chooseDigits({ digits, workers }: Spread, random: Random): number {
  if (workers === undefined) return digits
  const weights = Array.from({ length: digits + 1 }, (_, each) =>
    each < digits ? branches ** each * workersPerKey : branches ** each * workers,
  )
  let left = random() * weights.reduce((sum, weight) => sum + weight, 0)
  for (const [each, weight] of weights.entries()) {
    left -= weight
    if (left < 0) return each
  }
  return digits
}

/** Digits drawn at random. */
export function drawShard(digits: number, random: Random): string {
  return Array.from({ length: digits }, () => Math.floor(random() * branches).toString(branches)).join('')
}
