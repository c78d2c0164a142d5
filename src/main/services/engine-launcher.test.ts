import { describe, expect, it } from 'vitest'
import { engineEntries, engineEntryUrl } from './engine-launcher.ts'

describe('engine entries', () => {
  it('lie beside the launcher in the sources', () => {
    const entries = engineEntries('file:///app/src/main/headless/main.ts', 'file:///app/src/main/services/x.ts')
    expect(engineEntryUrl(entries, 'ocr-engine').href).toBe('file:///app/src/main/services/ocr-engine.ts')
  })

  it('lie beside the main bundle in a build, whichever chunk the launcher went to', () => {
    const entries = engineEntries('file:///app/out/main/headless.js', 'file:///app/out/main/chunks/launcher-1.js')
    expect(engineEntryUrl(entries, 'ocr-engine').href).toBe('file:///app/out/main/ocr-engine.js')
  })
})
