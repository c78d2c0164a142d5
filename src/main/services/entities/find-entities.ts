import { findEmails, findPhones } from './contacts.ts'
import { findDates } from './dates.ts'
import type { Entity, EntityFinder } from './entity.ts'
import { findMoney } from './money.ts'
import { findPostcodes } from './postcodes.ts'
import { findBankAccounts, findCouncilTaxReferences, findCourtReferences, findNationalInsurance } from './references.ts'

/** What has a form of its own, the surest first: where two claim the same characters, the earlier has them. */
const formed: readonly EntityFinder[] = [
  findEmails,
  findBankAccounts,
  findNationalInsurance,
  findPostcodes,
  findCourtReferences,
  findMoney,
  findDates,
  findCouncilTaxReferences,
  findPhones,
]

/**
 * Finds the entities of a text, in their order; none overlap.
 *
 * @param findNames finds people, organisations and places around what has a form of its own
 */
export function findEntities(text: string, findNames: (text: string, taken: readonly Entity[]) => Entity[]): Entity[] {
  const found = formed.map(find => find(text)).reduce((taken, more) => withoutOverlaps(taken, more), [])
  return withoutOverlaps(found, findNames(text, found))
}

/** Adds those of `more` that lie clear of `taken` and of each other, the longer first; both come sorted, as goes out. */
function withoutOverlaps(taken: readonly Entity[], more: readonly Entity[]): Entity[] {
  const kept: Entity[] = []
  const candidates = [...more].sort((a, b) => a.start - b.start || b.end - a.end)
  let next = 0
  let freeFrom = 0
  for (const entity of candidates) {
    while (next < taken.length && (taken[next]?.end ?? 0) <= entity.start) next++
    const blocked = entity.end > (taken[next]?.start ?? Number.POSITIVE_INFINITY)
    if (blocked || entity.start < freeFrom) continue
    kept.push(entity)
    freeFrom = entity.end
  }
  return [...taken, ...kept].sort((a, b) => a.start - b.start)
}
