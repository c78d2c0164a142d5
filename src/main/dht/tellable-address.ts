import { safeParse } from '../../shared/safe-parse.ts'
import { multiaddrTextSchema } from '../../shared/schema/primitives.ts'

/**
 * Whether an address can be told to others. libp2p takes any bytes for a name in an address, of any length; whoever reads a
 * frame, a record or the address book takes printable ASCII of at most 256 characters.
 */
export function isTellable(text: string): boolean {
  return safeParse(multiaddrTextSchema, text).success
}
