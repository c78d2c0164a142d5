import { Brand } from '../../components/brand.tsx'
import { Failure } from '../../components/failure.tsx'
import { Segments } from '../../components/segments.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './appearance-panel.module.css'
import { languageChoices, themes, useAppearance } from './use-appearance.ts'

/** Theme and language, and what this program is. */
export function AppearancePanel() {
  const version = useNode(state => state.status?.self.version)
  const { shown, choose, canChoose, error } = useAppearance()
  return (
    <div className={styles.panel}>
      <section>
        <h2>{strings.appearance.theme}</h2>
        <Segments
          label={strings.appearance.theme}
          options={themes()}
          value={shown.theme}
          onChange={theme => choose({ theme })}
          isDisabled={!canChoose}
        />
      </section>
      <section>
        <h2>{strings.appearance.language}</h2>
        <Segments
          label={strings.appearance.language}
          options={languageChoices()}
          value={shown.language}
          onChange={language => choose({ language })}
          isDisabled={!canChoose}
        />
        <Failure what={strings.appearance.failed} error={error} />
      </section>
      <section className={styles.about}>
        <h2>{strings.appearance.about}</h2>
        <Brand />
        {version !== undefined && <p>{strings.appearance.version({ version })}</p>}
        <p>{strings.appearance.aboutText}</p>
        <a href="#/about">{strings.appearance.more}</a>
      </section>
    </div>
  )
}
