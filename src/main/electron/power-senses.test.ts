import { expect, it, vi } from 'vitest'
import { IdleTrust, powerSenses } from './power-senses.ts'
import { StandInElectron } from './stand-in/electron.ts'

const never = new AbortController().signal

it('believes an idle time at once where the desktop tells it', () => {
  expect(new IdleTrust(true).believes(0)).toBe(true)
})

it('where it may be blind, believes it once it has grown and begun anew', () => {
  const trust = new IdleTrust(false)
  expect([0, 0, 0].map(idle => trust.believes(idle))).toEqual([false, false, false])
  expect([1, 2, 3].map(idle => trust.believes(idle))).toEqual([false, false, false])
  expect([0, 1].map(idle => trust.believes(idle))).toEqual([true, true])
})

it('reads idle time and power from Electron, and looks at once when the plug is pulled', async () => {
  const electron = new StandInElectron()
  const { sensors, onWake } = powerSenses(electron, { platform: 'darwin', wayland: false })
  electron.powerMonitor.idleSeconds = 90
  electron.powerMonitor.onBattery = true
  expect(await sensors?.idle?.read(never)).toEqual({ known: true, value: 90_000 })
  expect(await sensors?.power?.read(never)).toEqual({ known: true, value: { source: 'battery' } })
  const wake = vi.fn()
  const stop = onWake?.(wake)
  electron.powerMonitor.emit('on-battery')
  stop?.()
  electron.powerMonitor.emit('resume')
  expect(wake).toHaveBeenCalledOnce()
})

it('leaves power and processor time to the kernel on Linux', () => {
  const { sensors } = powerSenses(new StandInElectron(), { platform: 'linux', wayland: true })
  expect(Object.keys(sensors ?? {})).toEqual(['idle'])
})
