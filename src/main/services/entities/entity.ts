import type { Entity, EntityType } from '../../../shared/schema/entity.ts'

export type { Entity, EntityType }

/** How sure a finder is, by what its evidence is. */
export const sure = {
  /** The form has a check of its own, and it passed. */
  checked: 0.99,
  /** The form alone could hardly be anything else. */
  formed: 0.95,
  /** A word beside it says what it is. */
  named: 0.9,
  /** Known from a list, with nothing said against it. */
  listed: 0.8,
  /** Follows from the words around it alone. */
  inferred: 0.55,
} as const

/** Finds entities of its own kinds in a text. Takes time linear in the text's length, whatever the text. */
export type EntityFinder = (text: string) => Entity[]

/** An entity at a match of a pattern, or at the part of it that `text` is. */
export function entityAt(type: EntityType, start: number, text: string, value: string, confidence: number): Entity {
  return { type, text, start, end: start + text.length, value, confidence }
}
