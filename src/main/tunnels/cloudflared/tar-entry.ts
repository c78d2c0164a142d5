import { createGunzip } from 'node:zlib'
import { RmaError } from '../../../shared/errors.ts'
import { largestProgram } from './releases.ts'

const blockLength = 512

interface Header {
  name: string
  size: number
  isFile: boolean
}

/** Reads a header of POSIX ustar. Undefined where its checksum does not hold, as in the empty blocks at the end. */
export function readTarHeader(block: Uint8Array): Header | undefined {
  if (block.length !== blockLength) return undefined
  const text = (from: number, to: number) =>
    Buffer.from(block.subarray(from, to)).toString('latin1').split('\0')[0] ?? ''
  const octal = (from: number, to: number) => {
    const digits = text(from, to).trim()
    return /^[0-7]{1,12}$/.test(digits) ? Number.parseInt(digits, 8) : Number.NaN
  }
  // The checksum's own field counts as spaces.
  const sum = block.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 32 : byte), 0)
  const size = octal(124, 136)
  if (octal(148, 156) !== sum || Number.isNaN(size)) return undefined
  return { name: text(0, 100), size, isFile: block[156] === 0 || block[156] === 48 }
}

/**
 * The one file of that name out of a .tgz, in parts; names of others, and so paths, are looked at and never used. Rejects
 * with SIDECAR_DOWNLOAD_FAILED where it is not there, cut off or too large.
 */
export async function* fileFromTgz(source: NodeJS.ReadableStream, name: string): AsyncGenerator<Buffer> {
  const gunzip = createGunzip()
  source.once('error', error => gunzip.destroy(error))
  let rest: Buffer = Buffer.alloc(0)
  let header: Header | undefined
  let left = 0
  let total = 0
  try {
    for await (const chunk of source.pipe(gunzip) as AsyncIterable<Buffer>) {
      total += chunk.length
      if (total > largestProgram) throw unusable(`expected at most ${largestProgram} bytes unpacked`)
      rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk])
      for (;;) {
        if (header === undefined) {
          if (rest.length < blockLength) break
          header = readTarHeader(rest.subarray(0, blockLength))
          if (header === undefined) throw unusable(`expected ${name} in the archive, got none`)
          rest = rest.subarray(blockLength)
          left = header.size
        }
        const isWanted = header.isFile && header.name.replace(/^\.\//, '') === name
        const part = rest.subarray(0, Math.min(left, rest.length))
        if (isWanted && part.length > 0) yield part
        left -= part.length
        rest = rest.subarray(part.length)
        if (left > 0) break
        if (isWanted) return
        const padding = (blockLength - (header.size % blockLength)) % blockLength
        if (rest.length < padding) {
          left = 0
          break
        }
        rest = rest.subarray(padding)
        header = undefined
      }
    }
  } catch (error) {
    if (error instanceof RmaError) throw error
    throw new RmaError(
      'SIDECAR_DOWNLOAD_FAILED',
      `the archive cannot be read: ${(error as Error).message}`,
      {},
      { cause: error },
    )
  } finally {
    gunzip.destroy()
  }
  throw unusable(`expected ${name} whole in the archive, and it ends before`)
}

function unusable(message: string): RmaError {
  return new RmaError('SIDECAR_DOWNLOAD_FAILED', message)
}
