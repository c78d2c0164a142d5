import { describe, expect, it } from 'vitest'
import { browserOpener } from './open-browser.ts'

describe('the browser opener', () => {
  it('is the system’s own', () => {
    expect(browserOpener('darwin', {})).toEqual(['open'])
    expect(browserOpener('win32', {})).toEqual(['rundll32', 'url.dll,FileProtocolHandler'])
  })

  it('is xdg-open on Linux where it is installed and there is a display', () => {
    const env = { DISPLAY: ':0', PATH: '/bin:/usr/bin' }
    const installed = (path: string) => path === '/usr/bin/xdg-open'
    expect(browserOpener('linux', env, installed)).toEqual(['/usr/bin/xdg-open'])
    expect(browserOpener('linux', env, () => false)).toBeUndefined()
    expect(browserOpener('linux', { PATH: env.PATH }, installed)).toBeUndefined()
  })
})
