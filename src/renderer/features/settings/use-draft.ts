import { useMemo, useState } from 'react'
import type { Settings, SettingsPatch } from '../../../shared/schema/settings.ts'
import { useAction } from '../../components/use-action.ts'
import { useNodeStore } from '../../store/node-context.tsx'
import { type Edits, edited, patchOf, rebased, reversed } from './draft.ts'
import type { Draft } from './settings-context.tsx'

interface DraftControl extends Draft {
  isChanged: boolean
  /** There is a way back from what was saved last. */
  canUndo: boolean
  busy: boolean
  /** It can be saved, or taken back, now. */
  ready: boolean
  error: Error | undefined
  save(): Promise<boolean>
  discard(): void
  takeBack(): Promise<boolean>
}

/** Edits, and the settings that they were made of. */
interface Made {
  edits: Edits
  of: Settings
}

/**
 * Edits that are checked as they are typed, saved together, and can be taken back. What is changed elsewhere meanwhile, as by an
 * invite or the tray, stays.
 */
export function useDraft(settings: Settings): DraftControl {
  const store = useNodeStore()
  const { run, busy, ready, error, forget } = useAction()
  const [made, setMade] = useState<Made>({ edits: {}, of: settings })
  const [back, setBack] = useState<Made>()
  const edits = useMemo(() => rebased(made.edits, made.of, settings), [made, settings])
  const { patch, issues } = patchOf(edits)
  const send = async (change: SettingsPatch): Promise<Settings | undefined> => {
    let saved: Settings | undefined
    await run(async client => {
      saved = await client.settings.update(change)
      store.getState().setSettings(saved)
    })
    return saved
  }
  return {
    settings,
    edits,
    issues,
    change(path, value) {
      setBack(undefined)
      setMade(before => ({
        edits: edited(settings, rebased(before.edits, before.of, settings), path, value),
        of: settings,
      }))
    },
    isChanged: Object.keys(edits).length > 0,
    canUndo: back !== undefined,
    busy,
    ready,
    error,
    async save() {
      if (patch === undefined) return false
      const saved = await send(patch)
      if (saved === undefined) return false
      // What was edited meanwhile is not saved yet.
      setMade(now => ({ edits: now === made ? {} : rebased(now.edits, now.of, saved), of: saved }))
      setBack({ edits: reversed(settings, patch), of: saved })
      return true
    },
    discard() {
      setMade({ edits: {}, of: settings })
      forget()
    },
    async takeBack() {
      if (back === undefined) return false
      const { patch } = patchOf(rebased(back.edits, back.of, settings))
      const saved = patch && (await send(patch))
      if (saved !== undefined) setBack(undefined)
      return saved !== undefined
    },
  }
}
