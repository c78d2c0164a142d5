import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, onTestFinished, vi } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { minute } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import { idleOf, loginSessionSensor, parseSessions } from './login-sessions.ts'

const now = 1_780_000_000_000
const since = (ms: number) => `IdleSinceHint=${(now - ms) * 1_000}`
const idle = (text: string) => idleOf(parseSessions(text), now)
const nobody = Number.MAX_SAFE_INTEGER

it.each([
  ['somebody at a desktop', `Seat=seat0\nType=wayland\nIdleHint=no\n${since(60 * minute)}\n`, 0],
  ['a desktop left alone', `Seat=seat0\nType=x11\nIdleHint=yes\n${since(7 * minute)}\n`, 7 * minute],
  ['somebody at a text console', `Seat=seat0\nType=tty\nIdleHint=no\n${since(2 * minute)}\n`, 2 * minute],
  ['somebody who came in over SSH, and nobody at the machine', `Seat=\nType=tty\nIdleHint=no\n${since(0)}\n`, nobody],
  [
    'two seats, one in use',
    `Seat=seat0\nType=x11\nIdleHint=yes\n${since(minute)}\n\nSeat=seat1\nType=x11\nIdleHint=no\n${since(minute)}\n`,
    0,
  ],
  ['nobody', '', nobody],
  ['a login screen that never was touched', 'Seat=seat0\nType=x11\nIdleHint=yes\nIdleSinceHint=0\n', nobody],
])('%s', (_name, text, expected) => {
  expect(idle(text)).toBe(expected)
})

it('asks loginctl of the sessions that there are, and starts nothing where there are none', async () => {
  const folder = await temporaryFolder()
  onTestFinished(() => folder.remove())
  const asked = join(folder.path, 'asked')
  const script = `#!/bin/sh\necho "$@" >> '${asked}'\nprintf 'Seat=seat0\\nType=x11\\nIdleHint=no\\n'\n`
  await writeFile(join(folder.path, 'loginctl'), script, { mode: 0o755 })
  vi.stubEnv('PATH', `${folder.path}:${process.env.PATH}`)
  onTestFinished(() => void vi.unstubAllEnvs())
  const sensor = loginSessionSensor({ clock: new TurnedClock() }, { root: folder.path })
  const read = async () => await sensor.read(AbortSignal.timeout(10_000))
  expect(await read()).toMatchObject({ known: false })
  const sessions = join(folder.path, 'run/systemd/sessions')
  await mkdir(sessions, { recursive: true })
  expect(await read()).toEqual({ known: true, value: nobody })
  await expect(readFile(asked)).rejects.toThrow('ENOENT')
  await Promise.all(['c2', 'c2.ref', '.#c2aXyz'].map(name => writeFile(join(sessions, name), '')))
  expect(await read()).toEqual({ known: true, value: 0 })
  expect(await readFile(asked, 'utf8')).toMatch(/^show-session .+ c2\n$/)
})
