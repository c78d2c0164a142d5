import { describe, expect, it } from 'vitest'
import { type WindowKind, windowOptions } from './window-options.ts'

const place = { dark: false, preload: '/out/preload/index.cjs', icon: '/assets/icon.png' }

describe.each<WindowKind>(['dashboard', 'topology'])('the %s window', kind => {
  it('is no smaller than its pages can be used', () => {
    const { width = 0, height = 0, minWidth = 0, minHeight = 0 } = windowOptions(kind, place)
    expect(minWidth).toBeGreaterThanOrEqual(400)
    expect(minHeight).toBeGreaterThanOrEqual(400)
    expect(width).toBeGreaterThan(minWidth)
    expect(height).toBeGreaterThan(minHeight)
  })

  it('opens at the place it had, else where the system puts it', () => {
    const bounds = { x: 7, y: 8, width: 640, height: 600 }
    expect(windowOptions(kind, { ...place, bounds })).toMatchObject(bounds)
    expect(windowOptions(kind, place)).not.toHaveProperty('x')
    expect(windowOptions(kind, { ...place, bounds: undefined })).not.toHaveProperty('y')
  })

  it('shows no blank before its page is drawn: hidden, and in the colour of the theme', () => {
    const [light, dark] = [false, true].map(isDark => windowOptions(kind, { ...place, dark: isDark }))
    expect(light?.show).toBe(false)
    expect(light?.backgroundColor).not.toBe(dark?.backgroundColor)
  })
})

it('windows differ in their titles', () => {
  expect(windowOptions('topology', place).title).not.toBe(windowOptions('dashboard', place).title)
})
