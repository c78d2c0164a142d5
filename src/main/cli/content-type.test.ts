import { describe, expect, it } from 'vitest'
import { contentTypeOf } from './content-type.ts'

const bytes = (text: string) => Buffer.from(text, 'latin1')

describe('the content type of a document', () => {
  it.each([
    ['\x89PNG\r\n\x1a\n', undefined, 'image/png'],
    ['\xff\xd8\xff\xe0', undefined, 'image/jpeg'],
    ['II*\0', undefined, 'image/tiff'],
    ['MM\0*', undefined, 'image/tiff'],
    ['RIFF\x10\x20\x30\x40WEBPVP8 ', undefined, 'image/webp'],
    ['%PDF-1.7', undefined, 'application/pdf'],
  ])('is told from its first bytes: %j', (start, name, type) => {
    expect(contentTypeOf(bytes(start), name)).toBe(type)
  })

  it('is told from its bytes rather than its name', () => {
    expect(contentTypeOf(bytes('\xff\xd8\xff\xe0'), 'letter.png')).toBe('image/jpeg')
  })

  it.each([
    ['letter.PNG', 'image/png'],
    ['letter.txt', 'text/plain'],
    ['prompt.json', 'application/json'],
    ['scan.unknown', 'application/octet-stream'],
    ['png', 'application/octet-stream'],
    [undefined, 'application/octet-stream'],
  ])('is told from its name where the bytes say nothing: %s', (name, type) => {
    expect(contentTypeOf(bytes('\x00\x01\x02'), name)).toBe(type)
  })

  it.each([
    ['Dear Ms Whitfield', 'text/plain'],
    ['Caf\xc3\xa9, cut in the midst: \xc3', 'text/plain'],
    [' {\n "prompt": "x"}', 'application/json'],
    ['{no JSON}', 'text/plain'],
    ['Caf\xe9 in Latin-1', 'application/octet-stream'],
  ])('is text where it reads as text: %j', (text, type) => {
    expect(contentTypeOf(bytes(text), undefined)).toBe(type)
  })

  it('is unknown for a RIFF file that is no WebP, and for nothing', () => {
    expect(contentTypeOf(bytes('RIFF\x10\x20\x30\x40WAVEfmt '), undefined)).toBe('application/octet-stream')
    expect(contentTypeOf(bytes(''), undefined)).toBe('application/octet-stream')
  })
})
