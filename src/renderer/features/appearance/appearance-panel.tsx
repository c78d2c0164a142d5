import type { Settings } from '../../../shared/schema/settings.ts'
import { languageNames, languages } from '../../../shared/strings/language.ts'
import { Brand } from '../../components/brand.tsx'
import { Segments } from '../../components/segments.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode, useNodeStore } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './appearance-panel.module.css'
import { rememberedLanguage } from './language.ts'
import { rememberedTheme, type Theme } from './theme.ts'

type Appearance = Settings['appearance']

const themes = () =>
  [
    { id: 'system', label: strings.appearance.system },
    { id: 'light', label: strings.appearance.light },
    { id: 'dark', label: strings.appearance.dark },
  ] as const satisfies { id: Theme; label: string }[]

const languageChoices = () =>
  [
    { id: 'system', label: strings.appearance.system },
    ...languages.map(id => ({ id, label: languageNames[id] })),
  ] as const

/** Theme and language, and what this program is. */
export function AppearancePanel() {
  const appearance = useNode(state => state.settings?.appearance)
  const version = useNode(state => state.status?.self.version)
  const store = useNodeStore()
  const { run, error } = useAction()
  const shown = appearance ?? { theme: rememberedTheme(), language: rememberedLanguage() }
  const choose = (change: Partial<Appearance>) =>
    run(async client => {
      store.getState().setSettings(await client.settings.update({ appearance: { ...shown, ...change } }))
    })
  return (
    <div className={styles.panel}>
      <section>
        <h2>{strings.appearance.theme}</h2>
        <Segments
          label={strings.appearance.theme}
          options={themes()}
          value={shown.theme}
          onChange={theme => choose({ theme })}
          isDisabled={appearance === undefined}
        />
      </section>
      <section>
        <h2>{strings.appearance.language}</h2>
        <Segments
          label={strings.appearance.language}
          options={languageChoices()}
          value={shown.language}
          onChange={language => choose({ language })}
          isDisabled={appearance === undefined}
        />
        {error !== undefined && (
          <p className={styles.error} role="alert">
            {strings.appearance.failed}: {error.message}
          </p>
        )}
      </section>
      <section className={styles.about}>
        <h2>{strings.appearance.about}</h2>
        <Brand />
        {version !== undefined && <p>{strings.appearance.version({ version })}</p>}
        <p>{strings.appearance.aboutText}</p>
      </section>
    </div>
  )
}
