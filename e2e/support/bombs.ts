import { crc32, deflateSync } from 'node:zlib'
import { MiB } from '../../src/shared/units.ts'
import { fileOf } from './pdf.ts'

const catalogue = ['<< /Type /Catalog /Pages 2 0 R >>', '<< /Type /Pages /Count 1 /Kids [3 0 R] >>']
const object = (head: string, stream?: Uint8Array) =>
  stream === undefined
    ? Buffer.from(head)
    : Buffer.concat([
        Buffer.from(`<< ${head} /Length ${stream.length} >>\nstream\n`),
        stream,
        Buffer.from('\nendstream'),
      ])
const pageOf = (rest: string) => `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] ${rest} >>`
const pdfOf = (...objects: Buffer[]) => fileOf([...catalogue.map(text => Buffer.from(text)), ...objects])

/** A page whose drawing, some hundred kilobytes, unpacks to more than an engine may hold. */
export function drawingBomb(): Buffer {
  const packed = deflateSync(Buffer.alloc(64 * MiB, '1 0 0 1 0 0 cm '))
  const contents = Array.from({ length: 64 }, () => '4 0 R').join(' ')
  return pdfOf(object(pageOf(`/Contents [${contents}]`)), object('/Filter /FlateDecode', packed))
}

/** A page with a picture of 30,000 × 30,000 pixels, packed twice. */
export function pictureBomb(): Buffer {
  const row = deflateSync(Buffer.alloc(64 * MiB))
  const head = '/Type /XObject /Subtype /Image /Width 30000 /Height 30000 /ColorSpace /DeviceRGB /BitsPerComponent 8'
  return pdfOf(
    object(pageOf('/Contents 4 0 R /Resources << /XObject << /I 5 0 R >> >>')),
    object('', Buffer.from('q 595 0 0 842 0 0 cm /I Do Q')),
    object(`${head} /Filter [/FlateDecode /FlateDecode]`, deflateSync(row)),
  )
}

/** A page with a form that draws itself twice, and so on. */
export function formBomb(): Buffer {
  const form = (next: number) =>
    object(
      `/Type /XObject /Subtype /Form /BBox [0 0 595 842] /Resources << /XObject << /F ${next} 0 R >> >>`,
      Buffer.from('/F Do /F Do /F Do /F Do'),
    )
  const depth = 24
  const forms = Array.from({ length: depth }, (_, at) => form(at + 1 < depth ? 6 + at : 5))
  return pdfOf(
    object(pageOf('/Contents 4 0 R /Resources << /XObject << /F 5 0 R >> >>')),
    object('', Buffer.from('/F Do')),
    ...forms,
  )
}

function chunk(type: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(type), data])
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
  length.writeUInt32BE(data.length)
  sum.writeUInt32BE(crc32(body))
  return Buffer.concat([length, body, sum])
}

/** A PNG of a few pixels with a gigabyte beside them: in its pixels, a comment, and its colour profile. */
export function pngBomb(where: 'IDAT' | 'zTXt' | 'iCCP'): Buffer {
  const packed = deflateSync(Buffer.alloc(512 * MiB))
  const head = Buffer.from([0, 0, 0, 40, 0, 0, 0, 40, 8, 0, 0, 0, 0])
  const pixels = deflateSync(Buffer.alloc(41 * 40, 255))
  const named = Buffer.concat([Buffer.from('icc\0\0', 'latin1'), packed])
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', head),
    ...(where === 'IDAT' ? [] : [chunk(where, named)]),
    chunk('IDAT', where === 'IDAT' ? packed : pixels),
    chunk('IEND', Buffer.alloc(0)),
  ])
}
