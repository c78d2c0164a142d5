import { describe, expect, it } from 'vitest'
import { type LaunchFacts, planLaunch } from './launch-plan.ts'

const facts: LaunchFacts = {
  asked: { headless: false, demo: false },
  platform: 'linux',
  env: { DISPLAY: ':0' },
  root: false,
  electron: { kind: 'found', binary: '/electron' },
}
const plan = (changes: Partial<LaunchFacts>) => planLaunch({ ...facts, ...changes })

describe('npm start', () => {
  it('opens the app where there is a display and Electron', () => {
    expect(plan({})).toEqual({ kind: 'desktop', binary: '/electron' })
    expect(plan({ env: { WAYLAND_DISPLAY: 'wayland-0' } }).kind).toBe('desktop')
    expect(plan({ platform: 'darwin', env: {}, root: true }).kind).toBe('desktop')
    expect(plan({ platform: 'win32', env: {} }).kind).toBe('desktop')
  })

  it('starts headless without a display, and says that', () => {
    expect(plan({ env: {} })).toMatchObject({ kind: 'headless', because: expect.stringContaining('no display') })
    expect(plan({ env: { DISPLAY: '' } }).kind).toBe('headless')
  })

  it('downloads Electron where there is a display to show it on, and starts headless when that fails', () => {
    expect(plan({ electron: { kind: 'missing' } })).toEqual({ kind: 'download-electron' })
    expect(plan({ electron: { kind: 'missing' }, env: {} }).kind).toBe('headless')
    expect(plan({ electron: { kind: 'unavailable' } })).toMatchObject({
      kind: 'headless',
      because: expect.stringContaining('could not be downloaded'),
    })
  })

  it('starts headless as root on Linux, where Electron refuses to run', () => {
    expect(plan({ root: true })).toMatchObject({ kind: 'headless', because: expect.stringContaining('root') })
  })

  it('does what it is asked for without giving reasons', () => {
    expect(plan({ asked: { headless: true, demo: false } })).toEqual({ kind: 'headless' })
    expect(plan({ asked: { headless: false, demo: true } })).toEqual({ kind: 'demo' })
    expect(plan({ asked: { headless: true, demo: true } })).toEqual({ kind: 'demo' })
  })
})
