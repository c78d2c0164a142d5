import fc from 'fast-check'
import { expect, it } from 'vitest'
import { plainNotes } from './update-notes.ts'

it('turns what servers send into plain text', () => {
  expect(plainNotes('<h2>New</h2><ul><li>Reads &lt;faster&gt;</li>\n<li>Less   memory</li></ul>')).toBe(
    'New\n– Reads <faster>\n\n– Less memory',
  )
  expect(plainNotes('Just text\nin lines')).toBe('Just text\nin lines')
  expect(plainNotes([{ version: '1.2.0', note: '<p>Mended</p>' }, { version: '1.1.0' }])).toBe('1.2.0\nMended\n\n1.1.0')
  expect(plainNotes(null)).toBe('')
})

it('is never long, and holds no tags, whatever comes', () => {
  expect(plainNotes('<script>alert(1)</script><img src=x onerror=alert(1)>ok')).toBe('ok')
  fc.assert(
    fc.property(fc.string({ maxLength: 6_000 }), text => {
      const plain = plainNotes(text)
      expect(plain.length).toBeLessThanOrEqual(4_001)
    }),
  )
})
