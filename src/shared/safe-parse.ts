import { z } from 'zod'

export type Parsed<T> = { success: true; data: T; error?: never } | { success: false; data?: never; error: z.ZodError }

/**
 * As `schema.safeParse`, for values that somebody else has made. Zod's own checks of length look at whatever has a `length`, also
 * where the type was wrong already, and so throw a TypeError for `{"length": {"toString": 1}}` in the place of a text:
 * outside of a request's handler that would end the node.
 */
export function safeParse<T extends z.ZodType>(schema: T, value: unknown): Parsed<z.output<T>> {
  try {
    const parsed = schema.safeParse(value)
    return parsed.success ? parsed : { success: false, error: parsed.error as z.ZodError }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error
    const message = 'expected plain values'
    return { success: false, error: new z.ZodError([{ code: 'custom', path: [], message, input: value }]) }
  }
}
