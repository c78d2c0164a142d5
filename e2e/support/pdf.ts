/** A page of a PDF made for tests: lines of text in Helvetica, or a picture over the whole page, or both. */
export interface PdfPage {
  lines?: readonly string[]
  picture?: { jpeg: Uint8Array; width: number; height: number }
  /** Degrees clockwise by which viewers turn the page. */
  rotate?: 0 | 90 | 180 | 270
}

/** Points; A4. */
const width = 595
const height = 842

/** Writes a PDF 1.4 with the given pages, uncompressed. */
export function makePdf(pages: readonly PdfPage[]): Buffer {
  const objects: Buffer[] = []
  const add = (...parts: (string | Uint8Array)[]) => {
    objects.push(Buffer.concat(parts.map(part => Buffer.from(part as string, 'latin1'))))
    return objects.length
  }
  add('<< /Type /Catalog /Pages 2 0 R >>')
  add('') // The list of pages, once they are known.
  const font = add('<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>')
  const numbers = pages.map(page => {
    const image = page.picture === undefined ? undefined : add(...imageOf(page.picture))
    const drawn = `${image === undefined ? '' : `q ${width} 0 0 ${height} 0 0 cm /I Do Q `}${textOf(page.lines ?? [])}`
    const content = add(`<< /Length ${drawn.length} >>\nstream\n${drawn}\nendstream`)
    const resources = `/Font << /F ${font} 0 R >>${image === undefined ? '' : ` /XObject << /I ${image} 0 R >>`}`
    return add(
      `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${width} ${height}] /Rotate ${page.rotate ?? 0} ` +
        `/Resources << ${resources} >> /Contents ${content} 0 R >>`,
    )
  })
  const kids = numbers.map(number => `${number} 0 R`).join(' ')
  objects[1] = Buffer.from(`<< /Type /Pages /Count ${numbers.length} /Kids [${kids}] >>`)
  return fileOf(objects)
}

function imageOf({
  jpeg,
  width: columns,
  height: rows,
}: NonNullable<PdfPage['picture']>): [string, Uint8Array, string] {
  const head =
    `<< /Type /XObject /Subtype /Image /Width ${columns} /Height ${rows} /ColorSpace /DeviceRGB ` +
    `/BitsPerComponent 8 /Filter /DCTDecode /Length ${jpeg.byteLength} >>\nstream\n`
  return [head, jpeg, '\nendstream']
}

function textOf(lines: readonly string[]): string {
  if (lines.length === 0) return ''
  const shown = lines.map(line => `(${line.replaceAll(/[\\()]/g, String.raw`\$&`)}) Tj T*`)
  return `BT /F 12 Tf 16 TL 60 780 Td ${shown.join(' ')} ET`
}

/** A PDF of objects as they are, whose first is the catalogue. */
export function fileOf(objects: readonly Buffer[]): Buffer {
  const parts = [Buffer.from('%PDF-1.4\n')]
  const offsets: number[] = []
  let length = parts[0]?.length ?? 0
  for (const [index, object] of objects.entries()) {
    const part = Buffer.concat([Buffer.from(`${index + 1} 0 obj\n`), object, Buffer.from('\nendobj\n')])
    offsets.push(length)
    length += part.length
    parts.push(part)
  }
  const table = offsets.map(offset => `${String(offset).padStart(10, '0')} 00000 n \n`).join('')
  const size = objects.length + 1
  parts.push(
    Buffer.from(
      `xref\n0 ${size}\n0000000000 65535 f \n${table}trailer\n<< /Size ${size} /Root 1 0 R >>\nstartxref\n${length}\n%%EOF\n`,
    ),
  )
  return Buffer.concat(parts)
}
