import { Brand } from '../../components/brand.tsx'
import { Segments } from '../../components/segments.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode, useNodeStore } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './appearance-panel.module.css'
import { rememberedTheme, type Theme } from './theme.ts'

const themes = [
  { id: 'system', label: strings.appearance.system },
  { id: 'light', label: strings.appearance.light },
  { id: 'dark', label: strings.appearance.dark },
] as const satisfies { id: Theme; label: string }[]

/** Theme, and what this program is. */
export function AppearancePanel() {
  const theme = useNode(state => state.settings?.appearance.theme)
  const version = useNode(state => state.status?.self.version)
  const store = useNodeStore()
  const { run, error } = useAction()
  const choose = (chosen: Theme) =>
    run(async client => {
      store.getState().setSettings(await client.settings.update({ appearance: { theme: chosen } }))
    })
  return (
    <div className={styles.panel}>
      <section>
        <h2>{strings.appearance.theme}</h2>
        <Segments
          label={strings.appearance.theme}
          options={themes}
          value={theme ?? rememberedTheme()}
          onChange={choose}
          isDisabled={theme === undefined}
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
        {version !== undefined && <p>{strings.appearance.version(version)}</p>}
        <p>{strings.appearance.aboutText}</p>
      </section>
    </div>
  )
}
