import { keepLatest } from '../keep-latest.ts'
import type { VerifiedRecord } from './record.ts'
import { refused } from './refusal.ts'
import {
  checkBelongs,
  checkRenewalSignature,
  checkRenewalSignatureAside,
  readRenewal,
  type UnverifiedRenewal,
} from './renewal.ts'

export interface RenewalCacheInit {
  networkId: string
  /** Most renewals remembered. Default 4,096, which take some 4 MiB. */
  maxCount?: number
}

/**
 * Remembers renewals by their bytes: several registrars send the same one, and it comes again while it is the newest. So it
 * is decoded once and its signature checked once. The least recently used go first.
 */
export class RenewalCache {
  readonly #networkId: string
  readonly #maxCount: number
  readonly #renewals = new Map<string, UnverifiedRenewal>()
  /** Whether the signature holds, where that is known. A renewal names its record, so there is only one key to check by. */
  readonly #checked = new WeakMap<UnverifiedRenewal, boolean>()

  constructor({ networkId, maxCount = 4_096 }: RenewalCacheInit) {
    this.#networkId = networkId
    this.#maxCount = maxCount
  }

  get count(): number {
    return this.#renewals.size
  }

  /** The same object for the same bytes. Throws RECORD_REFUSED as `readRenewal` does, and for one known to be false. */
  read(bytes: Uint8Array): UnverifiedRenewal {
    const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1')
    const known = this.#renewals.get(text)
    // A copy (which slice() of a Buffer is not): the bytes are often a view into a frame, which would stay alive.
    const renewal = known ?? readRenewal(new Uint8Array(bytes))
    keepLatest(this.#renewals, text, renewal, this.#maxCount)
    if (this.#checked.get(renewal) === false) throw refused('bad-signature', 'the renewal is known to be false')
    return renewal
  }

  /** Whether the signature of a renewal was checked, and what came out. */
  outcomeOf(renewal: UnverifiedRenewal): boolean | undefined {
    return this.#checked.get(renewal)
  }

  /** Whether a renewal is one of `record`, signed by its signer; checks that now where it is not known. */
  holds(renewal: UnverifiedRenewal, record: VerifiedRecord): boolean {
    return this.#checked.get(renewal) ?? this.#note(renewal, this.#check(renewal, record))
  }

  /** As `holds`, on another thread: ten signatures would hold up this one for a millisecond. */
  async holdsAside(renewal: UnverifiedRenewal, record: VerifiedRecord): Promise<boolean> {
    const known = this.#checked.get(renewal)
    if (known !== undefined) return known
    try {
      checkBelongs(renewal, record)
    } catch {
      return this.#note(renewal, false)
    }
    return this.#note(renewal, await checkRenewalSignatureAside(renewal, record.publicKey, this.#networkId))
  }

  #check(renewal: UnverifiedRenewal, record: VerifiedRecord): boolean {
    try {
      checkBelongs(renewal, record)
      checkRenewalSignature(renewal, record.publicKey, this.#networkId)
      return true
    } catch {
      return false
    }
  }

  #note(renewal: UnverifiedRenewal, holds: boolean): boolean {
    this.#checked.set(renewal, holds)
    return holds
  }
}
