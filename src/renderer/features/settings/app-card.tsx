import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { Field } from '../../components/field.tsx'
import { Segments } from '../../components/segments.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { languageChoices, themes, useAppearance } from '../appearance/use-appearance.ts'

/** How the pages look and speak, and how the desktop app behaves; each counts at once. */
export function AppCard() {
  const { shown, choose, canChoose, error } = useAppearance()
  const desktop = useNode(state => state.desktop)
  const words = strings.appearance
  return (
    <Card title={words.title}>
      <Field namesItself label={words.theme}>
        {() => (
          <Segments
            label={words.theme}
            options={themes()}
            value={shown.theme}
            onChange={theme => choose({ theme })}
            isDisabled={!canChoose}
          />
        )}
      </Field>
      <Field namesItself label={words.language} hint={words.languageHint}>
        {() => (
          <Segments
            label={words.language}
            options={languageChoices()}
            value={shown.language}
            onChange={language => choose({ language })}
            isDisabled={!canChoose}
          />
        )}
      </Field>
      {desktop?.kind === 'app' && <DesktopRows autostart={desktop.autostart} notifications={desktop.notifications} />}
      <Failure what={words.failed} error={error} />
    </Card>
  )
}

function DesktopRows({ autostart, notifications }: { autostart: string; notifications: boolean }) {
  const { run, ready, error } = useAction()
  const words = strings.desktop
  return (
    <>
      <Field
        label={words.autostart}
        hint={
          autostart === 'blocked'
            ? words.autostartBlocked
            : autostart === 'unavailable'
              ? words.autostartUnavailable
              : words.autostartHint
        }
      >
        {({ field, labelledBy }) => (
          <Switch
            id={field}
            aria-labelledby={labelledBy}
            isSelected={autostart === 'on'}
            isDisabled={!ready || autostart === 'unavailable'}
            onChange={on => run(client => client.desktop.set({ autostart: on }))}
          />
        )}
      </Field>
      <Field label={words.notifications} hint={words.notificationsHint}>
        {({ field, labelledBy }) => (
          <Switch
            id={field}
            aria-labelledby={labelledBy}
            isSelected={notifications}
            isDisabled={!ready}
            onChange={on => run(client => client.desktop.set({ notifications: on }))}
          />
        )}
      </Field>
      <Failure error={error} />
    </>
  )
}
