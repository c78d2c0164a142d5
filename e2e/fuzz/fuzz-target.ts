import type { Form } from './forms.ts'

/** A parser of bytes that come from outside the process, and what it is fed with. */
export interface FuzzTarget {
  /** In lower case, unique: what a run is repeated by. */
  name: string
  /** The source files whose parsing it reaches, from the repository's root. */
  covers: readonly string[]
  /** Good inputs, which are altered. */
  seeds: readonly Uint8Array[]
  /** How an input is taken apart and put together again, so that its content can be altered beside its bytes. */
  form?: Form
  /** Pieces that its format knows, put in at random places. */
  words?: readonly string[]
  /** Feeds it to the parser. Whatever it throws must be an RmaError that is not INTERNAL, or what `refuses` knows. */
  parse(input: Uint8Array): unknown
  /** Further typed refusals. */
  refuses?(error: unknown): boolean
  /** Ends what the target holds open. */
  end?(): Promise<void> | void
}

/** A text as bytes. */
export function bytesOf(text: string): Uint8Array {
  return Buffer.from(text, 'utf8')
}

/** Bytes as text, whatever they are. */
export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
}
