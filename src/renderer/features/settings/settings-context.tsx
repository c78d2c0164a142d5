import { createContext, useContext } from 'react'
import type { Settings } from '../../../shared/schema/settings.ts'
import { type Edits, type Issue, issueAt, type SettingPath, valueAt } from './draft.ts'

/** The draft that the fields of this page read and change. */
export interface Draft {
  settings: Settings
  edits: Edits
  issues: readonly Issue[]
  change(path: SettingPath, value: unknown): void
}

const DraftContext = createContext<Draft | undefined>(undefined)
export const DraftProvider = DraftContext

interface Setting {
  value: unknown
  issue: Issue | undefined
  change(value: unknown): void
}

/** One value of the draft. */
export function useSetting(path: SettingPath): Setting {
  const draft = useContext(DraftContext)
  if (draft === undefined) throw new Error('expected a DraftProvider around this field')
  const { settings, edits, issues, change } = draft
  return {
    value: valueAt(settings, edits, path),
    issue: issueAt(issues, path),
    change: value => change(path, value),
  }
}
