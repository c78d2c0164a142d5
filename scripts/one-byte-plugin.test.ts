import { runInNewContext } from 'node:vm'
import { expect, it } from 'vitest'
import { toAscii } from './one-byte-plugin.ts'

it('writes a program as ASCII that does the same', () => {
  const code = "['🚀 – über', `→ ✓`, /[🌑🌒]/u.test('🌒'), /^[^–]$/.test('–')]"
  const ascii = toAscii(code)
  expect(ascii).toMatch(/^[\0-\x7f]*$/)
  expect(runInNewContext(ascii)).toEqual(runInNewContext(code))
  expect(runInNewContext(ascii)).toEqual(['🚀 – über', '→ ✓', true, false])
})
