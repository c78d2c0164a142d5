import type { Settings } from '../../../shared/schema/settings.ts'
import { languageNames, languages } from '../../../shared/strings/language.ts'
import { useAction } from '../../components/use-action.ts'
import { useNode, useNodeStore } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { rememberedLanguage } from './language.ts'
import { rememberedTheme, type Theme } from './theme.ts'

type Appearance = Settings['appearance']

export const themes = () =>
  [
    { id: 'system', label: strings.appearance.system },
    { id: 'light', label: strings.appearance.light },
    { id: 'dark', label: strings.appearance.dark },
  ] as const satisfies { id: Theme; label: string }[]

export const languageChoices = () =>
  [
    { id: 'system', label: strings.appearance.system },
    ...languages.map(id => ({ id, label: languageNames[id] })),
  ] as const

/** Theme and language as they are shown, and how to change them at once. */
export function useAppearance() {
  const appearance = useNode(state => state.settings?.appearance)
  const store = useNodeStore()
  const online = useNode(state => state.link.kind === 'online')
  const { run, error } = useAction()
  const shown = appearance ?? { theme: rememberedTheme(), language: rememberedLanguage() }
  const choose = (change: Partial<Appearance>) =>
    run(async client => {
      store.getState().setSettings(await client.settings.update({ appearance: { ...shown, ...change } }))
    })
  return { shown, choose, canChoose: online && appearance !== undefined, error }
}
