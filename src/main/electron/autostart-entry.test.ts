import fc from 'fast-check'
import { expect, it } from 'vitest'
import { autostartEntry, readAutostartEntry } from './autostart-entry.ts'

it('starts the program hidden, and is passed over once the program has gone', () => {
  const entry = autostartEntry({ name: 'RMA Donor', executable: '/opt/RMA Donor/rma-donor-desktop' })
  expect(entry).toContain('\nTryExec=/opt/RMA Donor/rma-donor-desktop\n')
  expect(entry).toContain('\nExec="/opt/RMA Donor/rma-donor-desktop" --hidden\n')
  expect(readAutostartEntry(entry)).toBe('on')
})

it('names any path so that a desktop reads that very path', () => {
  const path = fc.stringMatching(/^\/[ -~]{1,60}$/)
  fc.assert(
    fc.property(path, executable => {
      const entry = autostartEntry({ name: 'RMA Donor', executable })
      expect(programOf(entry)).toBe(executable)
    }),
  )
})

it.each([
  ['Hidden=true', 'blocked'],
  ['X-GNOME-Autostart-enabled=false', 'blocked'],
  ['X-GNOME-Autostart-enabled = true', 'on'],
  ['', 'on'],
])('sees that another program has written "%s" into it: %s', (line, state) => {
  expect(readAutostartEntry(`[Desktop Entry]\nType=Application\n${line}\n`)).toBe(state)
})

it('is off where there is none', () => {
  expect(readAutostartEntry(undefined)).toBe('off')
})

/** The program of Exec, as the Desktop Entry specification has it read: value, quotes, field codes. */
function programOf(entry: string): string {
  const value = (/^Exec=(.*)$/m.exec(entry)?.[1] ?? '').replaceAll('\\\\', '\\')
  const quoted = /^"((?:[^"\\]|\\.)*)"/.exec(value)?.[1] ?? ''
  return quoted.replace(/\\(["`$\\])/g, '$1').replaceAll('%%', '%')
}
