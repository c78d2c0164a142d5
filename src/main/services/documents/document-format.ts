/** Formats of images that are read. */
export type ImageFormat = 'png' | 'jpeg' | 'tiff' | 'webp'
export type DocumentFormat = ImageFormat | 'pdf'

function startsWith(bytes: Uint8Array, expected: readonly number[], offset = 0): boolean {
  return expected.every((value, index) => bytes[offset + index] === value)
}

const riff = [0x52, 0x49, 0x46, 0x46]
const webp = [0x57, 0x45, 0x42, 0x50]

/** A PDF's header may be preceded by other bytes, as mail programs leave them. */
const pdf = Buffer.from('%PDF-')
const pdfHeaderWithin = 1_024

/** Tells a document's format from its first bytes; what its sender called it does not count. */
export function documentFormatOf(bytes: Uint8Array): DocumentFormat | undefined {
  if (startsWith(bytes, [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a])) return 'png'
  if (startsWith(bytes, [0xff, 0xd8, 0xff])) return 'jpeg'
  if (startsWith(bytes, [0x49, 0x49, 0x2a, 0x00]) || startsWith(bytes, [0x4d, 0x4d, 0x00, 0x2a])) return 'tiff'
  if (startsWith(bytes, riff) && startsWith(bytes, webp, 8)) return 'webp'
  if (Buffer.from(bytes.subarray(0, pdfHeaderWithin)).includes(pdf)) return 'pdf'
  return undefined
}
