import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { RmaError } from '../../shared/errors.ts'
import { contentTypeOf } from './content-type.ts'

/** What a request sends: a file's bytes or a pipe's, never held whole in memory. */
export interface Document {
  contentType: string
  /** Missing for a pipe. */
  bytes?: number
  body: AsyncIterable<Uint8Array>
}

export interface DocumentInit {
  /** A file's name; `-` or missing reads `input`. */
  file: string | undefined
  /** Content type that was asked for; missing: told from the first bytes or the name. */
  type: string | undefined
  input: AsyncIterable<Uint8Array>
}

/** Opens what is to be sent. Rejects with BAD_INPUT when the file cannot be read. */
export async function openDocument({ file, type, input }: DocumentInit): Promise<Document> {
  if (file === undefined || file === '-') return withType(input, type, undefined)
  try {
    const found = await stat(file)
    if (found.isDirectory()) throw new Error('it is a folder')
    const document = await withType(createReadStream(file), type, file)
    return found.isFile() ? { ...document, bytes: found.size } : document
  } catch (cause) {
    throw new RmaError('BAD_INPUT', `${file} cannot be read: ${(cause as Error).message}`, { file }, { cause })
  }
}

async function withType(
  source: AsyncIterable<Uint8Array>,
  type: string | undefined,
  fileName: string | undefined,
): Promise<Document> {
  const chunks = source[Symbol.asyncIterator]()
  const first = await chunks.next()
  const start = first.done ? new Uint8Array() : first.value
  return { contentType: type ?? contentTypeOf(start, fileName), body: resume(first, chunks) }
}

async function* resume(first: IteratorResult<Uint8Array>, rest: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    for (let result = first; !result.done; result = await rest.next()) yield result.value
  } finally {
    await rest.return?.()
  }
}
