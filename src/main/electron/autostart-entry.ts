/** Switch with which the system starts the app: without a window. */
export const hiddenSwitch = '--hidden'

/**
 * A desktop file for the folder `autostart` of the XDG Autostart specification. Once the program has been removed the
 * system passes over the entry by itself (TryExec).
 */
export function autostartEntry({ name, executable }: { name: string; executable: string }): string {
  return [
    '[Desktop Entry]',
    'Type=Application',
    `Name=${name}`,
    `TryExec=${escapeValue(executable)}`,
    `Exec=${escapeValue(quoteArgument(executable))} ${hiddenSwitch}`,
    'Icon=rma-donor-desktop',
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
    '',
  ].join('\n')
}

/** What a desktop file in that folder says: other programs switch entries off without removing them. */
export function readAutostartEntry(text: string | undefined): 'on' | 'off' | 'blocked' {
  if (text === undefined) return 'off'
  const values = new Map(
    text.split('\n').map(line => {
      const [key = '', ...value] = line.split('=')
      return [key.trim(), value.join('=').trim()] as const
    }),
  )
  const isOff = values.get('Hidden') === 'true' || values.get('X-GNOME-Autostart-enabled') === 'false'
  return isOff ? 'blocked' : 'on'
}

/** An argument of Exec in quotes: inside them the specification reserves these four, and % starts a field code. */
function quoteArgument(argument: string): string {
  return `"${argument.replace(/["`$\\]/g, '\\$&').replaceAll('%', '%%')}"`
}

/** A backslash in any value of a desktop file is written twice. */
function escapeValue(value: string): string {
  return value.replaceAll('\\', '\\\\')
}
