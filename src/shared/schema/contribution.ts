import { z } from 'zod'
import { jobSchema } from './job.ts'
import { serviceTypeSchema, timestampSchema } from './primitives.ts'

/** A day by the machine's own calendar: 2026-06-03. */
export const calendarDaySchema = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'expected a day such as 2026-06-03')

/** What was done; times in milliseconds of run time, processor and graphics cards. */
export const contributionSumSchema = z.object({
  jobs: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  /** Jobs that somebody else than the donor acknowledged; see `countsAsVerified`. */
  verified: z.number().int(),
  bytesIn: z.number().int(),
  bytesOut: z.number().int(),
  runMs: z.number(),
  cpuMs: z.number(),
  gpuMs: z.number(),
})
export type ContributionSum = z.infer<typeof contributionSumSchema>

export const nothingGiven: ContributionSum = {
  jobs: 0,
  failed: 0,
  cancelled: 0,
  verified: 0,
  bytesIn: 0,
  bytesOut: 0,
  runMs: 0,
  cpuMs: 0,
  gpuMs: 0,
}

/** What was done for one service on one day, for others (`served`), asked of them (`requested`), or done here for oneself (`own`). */
export const dailyTotalSchema = contributionSumSchema.extend({
  day: calendarDaySchema,
  service: serviceTypeSchema,
  role: jobSchema.shape.role,
})
export type DailyTotal = z.infer<typeof dailyTotalSchema>

export const contributionSchema = z.object({
  days: z.array(dailyTotalSchema),
  /** Of everything served within the days asked for. */
  served: contributionSumSchema,
  /** An estimate: see docs/operations.md. */
  energy: z.object({
    wattHours: z.number(),
    cost: z.object({ amount: z.number(), currency: z.string() }).optional(),
  }),
})
export type Contribution = z.infer<typeof contributionSchema>

/** How the ledger is. Whatever it is, the node goes on. */
export const ledgerStateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('closed') }),
  z.object({ kind: z.literal('open') }),
  /** Nothing can be written; `waiting` jobs are kept in memory, `lost` no longer fit there. */
  z.object({ kind: z.literal('unwritable'), reason: z.string(), waiting: z.number(), lost: z.number() }),
])
export type LedgerState = z.infer<typeof ledgerStateSchema>

export const ledgerSnapshotSchema = z.object({
  state: ledgerStateSchema,
  /** Files that could not be read as a ledger and were set aside since the start. */
  setAside: z.array(z.string()),
})
export type LedgerSnapshot = z.infer<typeof ledgerSnapshotSchema>

export const exportFormatSchema = z.enum(['csv', 'json'])
export type ExportFormat = z.infer<typeof exportFormatSchema>

/** A piece of an export, and how far it is. */
export const exportPieceSchema = z.object({ text: z.string(), written: z.number().int(), total: z.number().int() })
export type ExportPiece = z.infer<typeof exportPieceSchema>

/** A span of days, both included. */
export const daySpanSchema = z.object({ from: calendarDaySchema, to: calendarDaySchema })
export type DaySpan = z.infer<typeof daySpanSchema>

/** Hours one after the other from `from`, which need not begin with one. */
export const hourSpanSchema = z.object({ from: timestampSchema, hours: z.number().int().min(1).max(168) })
export type HourSpan = z.infer<typeof hourSpanSchema>

/** What ended within one hour of a span, by role as in `DailyTotal`. */
export const hourlyTotalSchema = contributionSumSchema
  .pick({ jobs: true, failed: true, bytesIn: true, bytesOut: true })
  .extend({ from: timestampSchema, role: jobSchema.shape.role })
export type HourlyTotal = z.infer<typeof hourlyTotalSchema>

/** A job as the ledger keeps it: one that has ended. */
export const ledgerJobSchema = jobSchema.required({ finishedAt: true }).extend({ finishedAt: timestampSchema })
export type LedgerJob = z.infer<typeof ledgerJobSchema>
