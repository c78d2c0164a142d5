import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

export const logLevelSchema = z.enum(['debug', 'info', 'warn', 'error'])
export type LogLevel = z.infer<typeof logLevelSchema>

/** `id` grows by one for each entry of a process. */
export const logEntrySchema = z.object({
  id: z.number().int(),
  time: timestampSchema,
  level: logLevelSchema,
  component: z.string(),
  message: z.string(),
  details: z.record(z.string(), z.unknown()),
})
export type LogEntry = z.infer<typeof logEntrySchema>
