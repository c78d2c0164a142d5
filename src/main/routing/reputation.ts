import { day, type Milliseconds } from '../../shared/units.ts'

/** What came of holding a worker's answers against those of others. */
export interface Standing {
  /** How often another said the same. */
  agreed: number
  /** How often two others agreed on something else. */
  disputed: number
  /** When these were counted: they fade from then on. */
  at: Milliseconds
}

/** `distrusted`: it is not asked any more until that has faded. */
export type Trust = 'new' | 'proven' | 'doubted' | 'distrusted'

/** A verdict counts half after this long: machines change hands, and mend. */
const halfLifeMs = 7 * day
/** Agreements that make a worker one whose word counts. */
const provenBy = 3
/** A single dispute is no proof, as those who outvoted it may be the liars: below this it has all but faded, too. */
const doubtFrom = 0.5
const distrustFrom = 1.5
/** Of all its verdicts, by weight: an honest worker among liars who act together stays below. */
const distrustShare = 1 / 3

/** How likely an answer is checked: one of fifty, one of two of those who are not known, all of those in doubt. */
const chances: Record<Trust, number> = { proven: 0.02, new: 0.5, doubted: 1, distrusted: 1 }

/** A standing as it counts now. Pure, as all here. */
export function faded({ agreed, disputed, at }: Standing, now: Milliseconds): Standing {
  // A clock that was turned back makes nothing count for more.
  const share = 0.5 ** (Math.max(0, now - at) / halfLifeMs)
  return { agreed: agreed * share, disputed: disputed * share, at: now }
}

export function afterVerdict(
  standing: Standing | undefined,
  verdict: 'agreed' | 'disputed',
  now: Milliseconds,
): Standing {
  const before = faded(standing ?? { agreed: 0, disputed: 0, at: now }, now)
  return { ...before, [verdict]: before[verdict] + 1 }
}

export function trustIn(standing: Standing | undefined, now: Milliseconds): Trust {
  if (standing === undefined) return 'new'
  const { agreed, disputed } = faded(standing, now)
  if (disputed >= distrustFrom && disputed / (agreed + disputed) >= distrustShare) return 'distrusted'
  if (disputed >= doubtFrom && disputed / (agreed + disputed) >= distrustShare / 3) return 'doubted'
  return agreed >= provenBy ? 'proven' : 'new'
}

export function checkChance(trust: Trust): number {
  return chances[trust]
}
