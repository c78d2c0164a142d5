import { z } from 'zod'

/** What the writing process has safe on disk, as it says itself. */
export const safeSchema = z.object({
  peerId: z.string().optional(),
  /** Highest number it was given. */
  seq: z.number().optional(),
  /** In the settings, written over and over, each time a higher one. */
  settings: z.number().optional(),
  /** Number of a job in the ledger. */
  job: z.number().optional(),
  /** Another node that was made, by its folder, and its id. */
  born: z.object({ folder: z.string(), peerId: z.string() }).optional(),
  /** `seq` of its own record in the registrar's store. */
  record: z.number().optional(),
})
export type Safe = z.infer<typeof safeSchema>

/** A number as the location that the settings name. */
export function writtenAs(number: number): string {
  return `place-${number}`
}

/** The number in a location; -1 where none was ever written. */
export function numberIn(location: string | undefined): number {
  return location === undefined ? -1 : Number(/^place-(\d+)$/.exec(location)?.[1])
}
