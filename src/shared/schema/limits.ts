import { z } from 'zod'
import { shareSchema } from './primitives.ts'

export const weekdaySchema = z.enum(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'])
export type Weekday = z.infer<typeof weekdaySchema>

const timeOfDaySchema = z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d$/, 'expected a time such as 22:30')

/** A span of the week; it belongs to the days it starts on, and runs into the next day when `to` is not after `from`. */
export const scheduleSpanSchema = z.strictObject({
  days: z.array(weekdaySchema).min(1).max(7),
  from: timeOfDaySchema,
  to: timeOfDaySchema,
})
export type ScheduleSpan = z.infer<typeof scheduleSpanSchema>

/** When the node may work, by the clock on the wall. */
export const scheduleSchema = z.strictObject({
  /** IANA name, such as Europe/London; missing: the machine's. */
  timeZone: z.string().max(64).refine(isTimeZone, 'expected a time zone such as Europe/London').optional(),
  spans: z.array(scheduleSpanSchema).min(1).max(32),
})
export type Schedule = z.infer<typeof scheduleSchema>

/** Degrees Celsius. */
const temperatureLimitSchema = z
  .strictObject({ pauseAt: z.number().min(30).max(120), resumeBelow: z.number().min(20).max(120) })
  .refine(limit => limit.resumeBelow < limit.pauseAt, 'expected resumeBelow to be lower than pauseAt')

export const kibPerSecondSchema = z.number().int().min(1).max(10_485_760)

/** What the owner keeps for themselves: when others' work has to wait, and how much of the machine it may take. */
export const limitsSchema = z.strictObject({
  /** Processor threads that work for others; missing: all. */
  cpuThreads: z.number().int().min(1).max(4_096).optional(),
  /** Jobs at once, of all services together; missing: one for each thread. */
  jobs: z.number().int().min(1).max(1_024).optional(),
  whileInUse: z.strictObject({
    /** The machine is in use until nobody has touched it for this long. */
    idleMinutes: z.number().positive().max(1_440),
    /** `slow`: on half the threads. */
    cpu: z.enum(['run', 'slow', 'pause']),
    gpu: z.enum(['run', 'pause']),
  }),
  battery: z.strictObject({
    pauseOnBattery: z.boolean(),
    /** Waits below this charge, whatever it is fed by. */
    belowPercent: z.number().int().min(1).max(100).optional(),
  }),
  /** Waits when other programs take more than this share of the processor; missing: they may take all of it. */
  otherPrograms: z.strictObject({
    inUse: shareSchema.optional(),
    idle: shareSchema.optional(),
    /** For how long they must, so that short spikes do not count. */
    graceSeconds: z.number().min(1).max(600),
  }),
  temperature: z.strictObject({ cpu: temperatureLimitSchema.optional(), gpu: temperatureLimitSchema.optional() }),
  /** Share of the machine's memory that work for others may take. */
  memory: z.strictObject({ inUse: shareSchema, idle: shareSchema }),
  /** Memory of the graphics card that stays the owner's. */
  vramKeptFreeMiB: z.number().int().min(0).max(4_194_304),
  network: z.strictObject({
    pauseWhenMetered: z.boolean(),
    /** Of what comes in and of what goes out: documents, answers, and what is relayed for others. */
    downKibPerSecond: kibPerSecondSchema.optional(),
    upKibPerSecond: kibPerSecondSchema.optional(),
    /** Of documents and answers in a calendar month, both ways together. */
    mibPerMonth: z.number().int().min(1).max(1_073_741_824).optional(),
  }),
  schedule: scheduleSchema.optional(),
  /** Waits while one of these programs runs: names of executables, with or without `.exe`. */
  programs: z.array(z.string().min(1).max(128)).max(64),
})
export type Limits = z.infer<typeof limitsSchema>

export const defaultLimits: Limits = {
  whileInUse: { idleMinutes: 3, cpu: 'run', gpu: 'pause' },
  battery: { pauseOnBattery: true },
  otherPrograms: { inUse: 0.25, idle: 0.5, graceSeconds: 10 },
  temperature: { cpu: { pauseAt: 95, resumeBelow: 85 }, gpu: { pauseAt: 84, resumeBelow: 75 } },
  memory: { inUse: 0.5, idle: 0.9 },
  vramKeptFreeMiB: 1_024,
  network: { pauseWhenMetered: true },
  programs: [],
}

/**
 * What the owner asked for until further notice or until a moment: `pause` stops all work, `run` lets it go on although
 * rules would hold it. `since` tells when the clock has been turned back.
 */
export const overrideSchema = z.strictObject({
  kind: z.enum(['pause', 'run']),
  since: z.number().int().min(0),
  /** Missing: until the owner resumes. */
  until: z.number().int().min(0).optional(),
})
export type Override = z.infer<typeof overrideSchema>

/** A pause of graphics cards alone; it goes on beside any override. */
export const gpuPauseSchema = overrideSchema.omit({ kind: true })
export type GpuPause = z.infer<typeof gpuPauseSchema>

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
