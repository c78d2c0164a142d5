import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

/** Whether the app starts with its owner's session. */
export const autostartSchema = z.enum([
  'on',
  'off',
  /** Asked for, and switched off in the system's own settings. */
  'blocked',
  /** Only an installed app can be started by the system. */
  'unavailable',
])
export type AutostartState = z.infer<typeof autostartSchema>

/** Why the app does not look for updates: run from its sources, or packaged without a place to get them from. */
const updatesOffSchema = z.enum(['not-installed', 'no-server'])
export type UpdatesOff = z.infer<typeof updatesOffSchema>

const updateSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off'), why: updatesOffSchema }),
  /** This is the newest version, as far as is known. */
  z.object({ kind: z.literal('current'), checkedAt: timestampSchema.optional() }),
  z.object({ kind: z.literal('checking') }),
  z.object({ kind: z.literal('loading'), version: z.string(), share: z.number().min(0).max(1) }),
  /** Loaded; it is installed when its owner says so (for a password is asked for), once no job runs, or when the app ends. */
  z.object({
    kind: z.literal('ready'),
    version: z.string(),
    notes: z.string(),
    waitsFor: z.enum(['owner', 'jobs', 'end']),
  }),
  z.object({ kind: z.literal('failed'), message: z.string(), at: timestampSchema }),
])

export type Update = z.infer<typeof updateSchema>

/** What the app around the node is; a node without a window has none. */
export const desktopSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('none') }),
  z.object({
    kind: z.literal('app'),
    autostart: autostartSchema,
    /** Whether the app may tell things while its window is hidden. */
    notifications: z.boolean(),
    update: updateSchema,
    /** Started with default settings after it had failed again and again; nothing is kept. */
    safeMode: z.boolean(),
  }),
])
export type DesktopSnapshot = z.infer<typeof desktopSchema>
export type DesktopApp = Extract<DesktopSnapshot, { kind: 'app' }>

/** A change to the app around the node: what is not named stays. */
export const desktopPatchSchema = z.object({ autostart: z.boolean().optional(), notifications: z.boolean().optional() })
export type DesktopPatch = z.infer<typeof desktopPatchSchema>
