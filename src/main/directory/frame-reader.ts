import type { Uint8ArrayList } from 'uint8arraylist'
import { RmaError } from '../../shared/errors.ts'
import { encodeVarint } from './signing.ts'

/** Longest length prefix: three bytes hold up to 2 MiB, more than any frame may have. */
const maxPrefixBytes = 3

/** Puts a frame's length, as an unsigned varint, before it. */
export function withLength(frame: Uint8Array): Uint8Array {
  return Buffer.concat([encodeVarint(frame.length), frame])
}

/** Cuts what arrives on a stream back into frames. */
export class FrameReader {
  readonly #maxFrameBytes: number
  #rest: Buffer = Buffer.alloc(0)

  constructor(maxFrameBytes: number) {
    this.#maxFrameBytes = maxFrameBytes
  }

  /** Whether a frame has begun and was not taken out. */
  get midFrame(): boolean {
    return this.#rest.length > 0
  }

  /** Takes the bytes that came and returns the frames they complete. Throws TOO_LARGE or PROTOCOL. */
  read(data: Uint8Array | Uint8ArrayList): Buffer[] {
    this.push(data)
    const frames: Buffer[] = []
    for (let frame = this.next(); frame !== undefined; frame = this.next()) frames.push(frame)
    return frames
  }

  /** Takes the bytes that came. */
  push(data: Uint8Array | Uint8ArrayList): void {
    const bytes = data.subarray()
    this.#rest =
      this.#rest.length === 0
        ? Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
        : Buffer.concat([this.#rest, bytes])
  }

  /** Takes the next frame out; undefined where none is complete. Throws TOO_LARGE or PROTOCOL. */
  next(): Buffer | undefined {
    const prefix = this.#readPrefix()
    if (prefix === undefined || this.#rest.length < prefix.end + prefix.length) return undefined
    const frame = this.#rest.subarray(prefix.end, prefix.end + prefix.length)
    this.#rest = this.#rest.subarray(prefix.end + prefix.length)
    return frame
  }

  #readPrefix(): { length: number; end: number } | undefined {
    let length = 0
    for (let index = 0; index < maxPrefixBytes; index++) {
      const byte = this.#rest[index]
      if (byte === undefined) return undefined
      length |= (byte & 0x7f) << (7 * index)
      if (byte < 0x80) return { length: this.#checked(length), end: index + 1 }
    }
    throw new RmaError('PROTOCOL', `expected the length of a frame in at most ${maxPrefixBytes} bytes`)
  }

  #checked(length: number): number {
    if (length > 0 && length <= this.#maxFrameBytes) return length
    throw new RmaError('TOO_LARGE', `expected a frame of 1 to ${this.#maxFrameBytes} bytes, got one of ${length}`)
  }
}
