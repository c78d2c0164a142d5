import type { EntityType } from './entity.ts'

/** A name recognised at a word: how many words it takes, and what it is. */
export interface NameReading {
  type: EntityType
  /** Index of its first word and of the one behind its last. */
  from: number
  to: number
  confidence: number
}
