import type { ReactNode } from 'react'
import { Card } from '../../components/card.tsx'
import { Segments } from '../../components/segments.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { languageChoices, themes, useAppearance } from '../appearance/use-appearance.ts'
import styles from './fields.module.css'

/** How the pages look and speak, and how the desktop app behaves; each counts at once. */
export function AppCard() {
  const { shown, choose, canChoose, error } = useAppearance()
  const desktop = useNode(state => state.desktop)
  const words = strings.appearance
  return (
    <Card title={words.title}>
      <Row label={words.theme}>
        <Segments
          label={words.theme}
          options={themes()}
          value={shown.theme}
          onChange={theme => choose({ theme })}
          isDisabled={!canChoose}
        />
      </Row>
      <Row label={words.language} hint={words.languageHint}>
        <Segments
          label={words.language}
          options={languageChoices()}
          value={shown.language}
          onChange={language => choose({ language })}
          isDisabled={!canChoose}
        />
      </Row>
      {desktop?.kind === 'app' && <DesktopRows autostart={desktop.autostart} notifications={desktop.notifications} />}
      {error !== undefined && (
        <p className={styles.error} role="alert">
          {words.failed}: {error.message}
        </p>
      )}
    </Card>
  )
}

function DesktopRows({ autostart, notifications }: { autostart: string; notifications: boolean }) {
  const { run, busy, error } = useAction()
  const words = strings.desktop
  return (
    <>
      <Row
        label={words.autostart}
        hint={
          autostart === 'blocked'
            ? words.autostartBlocked
            : autostart === 'unavailable'
              ? words.autostartUnavailable
              : words.autostartHint
        }
      >
        <Switch
          aria-label={words.autostart}
          isSelected={autostart === 'on'}
          isDisabled={busy || autostart === 'unavailable'}
          onChange={on => run(client => client.desktop.set({ autostart: on }))}
        />
      </Row>
      <Row label={words.notifications} hint={words.notificationsHint}>
        <Switch
          aria-label={words.notifications}
          isSelected={notifications}
          isDisabled={busy}
          onChange={on => run(client => client.desktop.set({ notifications: on }))}
        />
      </Row>
      {error !== undefined && (
        <p className={styles.error} role="alert">
          {error.message}
        </p>
      )}
    </>
  )
}

function Row({ label, hint, children }: { label: string; hint?: string; children: ReactNode }) {
  return (
    <div className={styles.field}>
      <div className={styles.words}>
        <p className={styles.name}>{label}</p>
        {hint !== undefined && <p className={styles.hint}>{hint}</p>}
      </div>
      <div className={styles.control}>{children}</div>
    </div>
  )
}
