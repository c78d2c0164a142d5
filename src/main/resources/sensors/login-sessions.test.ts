import { expect, it } from 'vitest'
import { minute } from '../../../shared/units.ts'
import { idleOf, parseSessions } from './login-sessions.ts'

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
