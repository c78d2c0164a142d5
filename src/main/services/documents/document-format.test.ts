import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { documentFormatOf } from './document-format.ts'

describe('documentFormatOf', () => {
  it.each([
    ['png', '89504e470d0a1a0a0000000d'],
    ['jpeg', 'ffd8ffe000104a4649460001'],
    ['tiff', '49492a0008000000'],
    ['tiff', '4d4d002a00000008'],
    ['webp', '524946462400000057454250'],
    ['pdf', '255044462d312e37'],
    ['pdf', '0d0a0d0a255044462d312e34'],
  ])('knows %s by its first bytes', (format, hex) => {
    expect(documentFormatOf(Buffer.from(hex, 'hex'))).toBe(format)
  })

  it.each([
    ['a WAV file, a RIFF too', '524946462400000057415645'],
    ['a BigTIFF, which few write', '49492b0008000000'],
    ['a GIF', '474946383961'],
    ['a start too short to tell', '8950'],
    ['nothing', ''],
  ])('does not take %s for an image it reads', (_, hex) => {
    expect(documentFormatOf(Buffer.from(hex, 'hex'))).toBeUndefined()
  })

  it('takes no text for an image', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme-ascii' }), text => {
        expect(documentFormatOf(Buffer.from(text))).toBeUndefined()
      }),
    )
  })
})
