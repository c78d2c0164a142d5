import { pino } from 'pino'
import { expect, it, onTestFinished, vi } from 'vitest'
import { hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { FirewallWatch } from './firewall-watch.ts'
import type { FirewallState } from './windows-firewall.ts'

function watching(ask?: () => Promise<FirewallState>) {
  const clock = new TurnedClock()
  const watch = new FirewallWatch({ clock, log: pino({ enabled: false }) }, { ask })
  watch.start()
  onTestFinished(() => watch.stop())
  return { clock, watch }
}

it('knows a minute after the start what the firewall says, and within the hour that it has changed its mind', async () => {
  const answers: FirewallState[] = ['blocked', 'allowed']
  const { clock, watch } = watching(async () => answers.shift() ?? 'unasked')
  expect(watch.state).toBeUndefined()
  clock.turn(minute)
  await vi.waitFor(() => expect(watch.state).toBe('blocked'))
  clock.turn(hour - minute)
  await vi.waitFor(() => expect(watch.state).toBe('allowed'))
})

it('claims nothing where the firewall cannot be asked, or no longer', async () => {
  const ask = vi
    .fn<() => Promise<FirewallState>>()
    .mockResolvedValueOnce('blocked')
    .mockRejectedValue(new Error('no PowerShell'))
  const { clock, watch } = watching(ask)
  clock.turn(minute)
  await vi.waitFor(() => expect(watch.state).toBe('blocked'))
  clock.turn(hour - minute)
  await vi.waitFor(() => expect(watch.state).toBeUndefined())
  const elsewhere = watching()
  elsewhere.clock.turn(2 * hour)
  expect(elsewhere.watch.state).toBeUndefined()
})
