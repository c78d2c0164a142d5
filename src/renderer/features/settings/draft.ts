import type { z } from 'zod'
import { type Settings, type SettingsPatch, settingsPatchSchema } from '../../../shared/schema/settings.ts'

/** Top-level parts of the settings that this page changes as a whole. */
export type Part = keyof SettingsPatch & keyof Settings

/** Where a value is, such as `limits.whileInUse.idleMinutes`. */
export type SettingPath = PathIn<Pick<Settings, Part>>

type PathIn<T> = T extends readonly unknown[]
  ? never
  : T extends object
    ? { [K in keyof T & string]: K | `${K}.${PathIn<NonNullable<T[K]>>}` }[keyof T & string]
    : never

/** What was changed and not saved: whole parts, as they were typed in. Null: the part is to go. */
export type Edits = Partial<Record<Part, unknown>>

/** What is wrong with a value. */
export type Issue = z.core.$ZodIssue

export function valueAt(settings: Settings, edits: Edits, path: SettingPath): unknown {
  const [part = '', ...rest] = path.split('.')
  const root = part in edits ? edits[part as Part] : settings[part as Part]
  return rest.reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), root ?? undefined)
}

/** The edits with one value more; undefined takes it out. Edits that come back to what is saved are none. */
export function edited(settings: Settings, edits: Edits, path: SettingPath, value: unknown): Edits {
  const [part = '', ...rest] = path.split('.')
  const root = part in edits ? edits[part as Part] : settings[part as Part]
  const saved = settings[part as Part]
  const changed = emptied(withValue(root, rest, value), saved)
  const next: Edits = { ...edits, [part]: changed ?? null }
  if (same(changed, saved)) delete next[part as Part]
  return next
}

/** Edits of settings that have become others since: a value that was not edited is what it is now. */
export function rebased(edits: Edits, was: Settings, is: Settings): Edits {
  if (was === is) return edits
  const next: Edits = {}
  for (const [part, value] of Object.entries(edits) as [Part, unknown][]) {
    const merged = merge(value ?? undefined, was[part], is[part])
    if (!same(merged, is[part])) next[part] = merged ?? null
  }
  return next
}

/** `mine`, made of what `was`, on top of what `is` now. */
function merge(mine: unknown, was: unknown, is: unknown): unknown {
  if (same(mine, was)) return is
  if (same(is, was) || !isRecord(mine) || !isRecord(is)) return mine
  const before = isRecord(was) ? was : {}
  const merged = Object.keys({ ...is, ...mine }).map(key => [key, merge(mine[key], before[key], is[key])] as const)
  return Object.fromEntries(merged.filter(([, value]) => value !== undefined))
}

/** A part that was missing and has no values left is missing again. */
function emptied(changed: unknown, saved: unknown): unknown {
  return saved === undefined && isRecord(changed) && Object.keys(changed).length === 0 ? undefined : changed
}

function withValue(root: unknown, [key, ...rest]: string[], value: unknown): unknown {
  if (key === undefined) return value
  const { [key]: inner, ...others } = isRecord(root) ? root : {}
  const changed = withValue(inner, rest, value)
  return changed === undefined ? others : { ...others, [key]: changed }
}

/** The change that is to be saved, or why it cannot be. */
export function patchOf(edits: Edits): { patch: SettingsPatch; issues: [] } | { patch: undefined; issues: Issue[] } {
  const parsed = settingsPatchSchema.safeParse(edits)
  return parsed.success ? { patch: parsed.data, issues: [] } : { patch: undefined, issues: parsed.error.issues }
}

/** The first thing wrong at a place or within it. */
export function issueAt(issues: readonly Issue[], path: SettingPath): Issue | undefined {
  const keys = path.split('.')
  return issues.find(issue => keys.every((key, index) => String(issue.path[index]) === key))
}

/** The change that brings back what a change replaced. */
export function reversed(settings: Settings, patch: SettingsPatch): SettingsPatch {
  const parts = Object.keys(patch) as Part[]
  return Object.fromEntries(parts.map(part => [part, settings[part] ?? null]))
}

/** The same, whatever the order of their keys. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one, sortedKeys) === JSON.stringify(other, sortedKeys)
}

function sortedKeys(_key: string, value: unknown): unknown {
  if (!isRecord(value)) return value
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
