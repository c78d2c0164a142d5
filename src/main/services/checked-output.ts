import type { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { safeParse } from '../../shared/safe-parse.ts'

/** What an engine put out, once it has the form its service expects; else ENGINE_FAILED. */
export function checkedOutput<T>(schema: z.ZodType<T>, value: unknown): T {
  const parsed = safeParse(schema, value)
  if (parsed.success) return parsed.data
  throw new RmaError('ENGINE_FAILED', 'the engine answered in a form that is not the service’s', { reason: 'protocol' })
}
