import { useState } from 'react'
import type { Settings, SettingsPatch } from '../../../shared/schema/settings.ts'
import { useAction } from '../../components/use-action.ts'
import { useNodeStore } from '../../store/node-context.tsx'
import { type Edits, edited, patchOf, reversed } from './draft.ts'
import type { Draft } from './settings-context.tsx'

interface DraftControl extends Draft {
  isChanged: boolean
  /** Of what was saved last, the way back. */
  undo: SettingsPatch | undefined
  busy: boolean
  /** It can be saved, or taken back, now. */
  ready: boolean
  error: Error | undefined
  save(): Promise<boolean>
  discard(): void
  takeBack(): Promise<boolean>
}

/** Edits that are checked as they are typed, saved together, and can be taken back. */
export function useDraft(settings: Settings): DraftControl {
  const store = useNodeStore()
  const { run, busy, ready, error, forget } = useAction()
  const [edits, setEdits] = useState<Edits>({})
  const [undo, setUndo] = useState<SettingsPatch>()
  const { patch, issues } = patchOf(edits)
  const send = (change: SettingsPatch) =>
    run(async client => store.getState().setSettings(await client.settings.update(change)))
  return {
    settings,
    edits,
    issues,
    change(path, value) {
      setUndo(undefined)
      setEdits(before => edited(settings, before, path, value))
    },
    isChanged: Object.keys(edits).length > 0,
    undo,
    busy,
    ready,
    error,
    async save() {
      if (patch === undefined) return false
      const back = reversed(settings, patch)
      const saved = await send(patch)
      if (saved) {
        // What was edited meanwhile is not saved yet.
        setEdits(now => (now === edits ? {} : now))
        setUndo(back)
      }
      return saved
    },
    discard() {
      setEdits({})
      forget()
    },
    async takeBack() {
      if (undo === undefined) return false
      const done = await send(undo)
      if (done) setUndo(undefined)
      return done
    },
  }
}
