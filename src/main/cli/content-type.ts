import { extname } from 'node:path'

const byExtension: Record<string, string> = {
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain',
  '.webp': 'image/webp',
}

const signatures: { type: string; bytes: (number | undefined)[] }[] = [
  { type: 'image/png', bytes: [0x89, 0x50, 0x4e, 0x47] },
  { type: 'image/jpeg', bytes: [0xff, 0xd8, 0xff] },
  { type: 'image/tiff', bytes: [0x49, 0x49, 0x2a, 0x00] },
  { type: 'image/tiff', bytes: [0x4d, 0x4d, 0x00, 0x2a] },
  { type: 'application/pdf', bytes: [0x25, 0x50, 0x44, 0x46] },
  {
    type: 'image/webp',
    // RIFF, four bytes of length, WEBP
    bytes: [0x52, 0x49, 0x46, 0x46, undefined, undefined, undefined, undefined, 0x57, 0x45, 0x42, 0x50],
  },
]

/** The type to send a document as: by its first bytes, else by its name's ending, else unknown bytes. */
export function contentTypeOf(start: Uint8Array, fileName: string | undefined): string {
  const signature = signatures.find(({ bytes }) =>
    bytes.every((byte, index) => byte === undefined || byte === start[index]),
  )
  if (signature !== undefined) return signature.type
  return byExtension[extname(fileName ?? '').toLowerCase()] ?? textTypeOf(start) ?? 'application/octet-stream'
}

/** Type of what reads as text: from a pipe nothing else tells. */
function textTypeOf(start: Uint8Array): string | undefined {
  // The last character may be cut, so the decoder may wait for its rest.
  const text = decoded(start)
  if (text === undefined || text.trim() === '' || /(?![\t\n\f\r])\p{Cc}/u.test(text)) return undefined
  return /^\s*\{\s*"/.test(text) ? 'application/json' : 'text/plain'
}

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes, { stream: true })
  } catch {
    return undefined // Not text, which is what was asked.
  }
}
