import { MiB } from '../../shared/units.ts'
import {
  type RecordHash,
  readRecord,
  recordHash,
  type UnverifiedRecord,
  type VerifiedRecord,
  verifyRecord,
} from './record.ts'
import { RenewalCache } from './renewal-cache.ts'

export interface EnvelopeCacheInit {
  networkId: string
  /** Most envelopes remembered. Default 2,048. */
  maxCount?: number
  /** Most bytes of envelopes remembered; what is kept beside them takes about four times as much. Default 2 MiB. */
  maxBytes?: number
  /** Most renewals remembered. Default 4,096. */
  maxRenewals?: number
}

type CachedRecord = UnverifiedRecord | VerifiedRecord

/**
 * Remembers envelopes by the hash of their bytes, so that one seen before costs a hash: not decoding, and, once
 * verified, no signature check either. The least recently used go first.
 */
export class EnvelopeCache {
  readonly networkId: string
  /** The renewals of these records. */
  readonly renewals: RenewalCache
  readonly #maxCount: number
  readonly #maxBytes: number
  readonly #records = new Map<RecordHash, CachedRecord>()
  #bytes = 0

  constructor({ networkId, maxCount = 2_048, maxBytes = 2 * MiB, maxRenewals = 4_096 }: EnvelopeCacheInit) {
    this.networkId = networkId
    this.renewals = new RenewalCache({ networkId, maxCount: maxRenewals })
    this.#maxCount = maxCount
    this.#maxBytes = maxBytes
  }

  get count(): number {
    return this.#records.size
  }

  get bytes(): number {
    return this.#bytes
  }

  /** Reads a record without insisting on its signature; verified where that is known already. Throws RECORD_REFUSED. */
  read(bytes: Uint8Array): CachedRecord {
    const hash = recordHash(bytes)
    const known = this.#records.get(hash)
    if (known !== undefined) {
      this.#touch(known)
      return known
    }
    // A copy (which slice() of a Buffer is not): the bytes are often a view into a frame, which would stay alive.
    const record = readRecord(new Uint8Array(bytes))
    this.#keep(record)
    return record
  }

  /** Checks the signature unless it was checked before. Throws RECORD_REFUSED (bad-signature). */
  verify(record: CachedRecord): VerifiedRecord {
    if (record.verified) return record
    const known = this.#records.get(record.hash)
    if (known?.verified) return known
    const verified = verifyRecord(record, this.networkId)
    this.#keep(verified)
    return verified
  }

  /** Reads and verifies. Throws RECORD_REFUSED; times are checked by `checkTimes`. */
  open(bytes: Uint8Array): VerifiedRecord {
    return this.verify(this.read(bytes))
  }

  #touch(record: CachedRecord): void {
    this.#records.delete(record.hash)
    this.#records.set(record.hash, record)
  }

  #keep(record: CachedRecord): void {
    if (this.#records.delete(record.hash)) this.#bytes -= record.bytes.length
    this.#records.set(record.hash, record)
    this.#bytes += record.bytes.length
    for (const oldest of this.#records.values()) {
      if (this.#records.size <= this.#maxCount && this.#bytes <= this.#maxBytes) break
      this.#records.delete(oldest.hash)
      this.#bytes -= oldest.bytes.length
    }
  }
}
