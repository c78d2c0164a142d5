import { createHash, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { peerTextSchema, timestampSchema } from '../../shared/schema/primitives.ts'
import type { Milliseconds } from '../../shared/units.ts'
import { isSameToken } from '../config/access-token.ts'
import { writeFileDurably } from '../config/durable-file.ts'
import { readIfPresent } from '../config/read-if-present.ts'

const mostKeys = 1_000
const keyPattern = /^rma_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/

const storedKeySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** For people: whose key it is. */
  name: peerTextSchema(64),
  /** SHA-256 of the key's secret half, hex: it has 256 random bits, so that no slower hash is needed. */
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  createdAt: timestampSchema,
  lastUsedAt: timestampSchema.optional(),
})
export type ApiKey = Omit<z.infer<typeof storedKeySchema>, 'hash'>

const fileSchema = z.strictObject({ version: z.literal(1), keys: z.array(storedKeySchema).max(mostKeys) })

/** The keys by which programs of the charity ask this coordinator. Only hashes are kept, in a file of mode 0600. */
export class ApiKeys {
  readonly #path: string
  readonly #keys: Map<string, z.infer<typeof storedKeySchema>>
  #writing: Promise<void> = Promise.resolve()
  /** What was changed last is not in the file. */
  #isBehind = false

  private constructor(path: string, keys: z.infer<typeof storedKeySchema>[]) {
    this.#path = path
    this.#keys = new Map(keys.map(key => [key.id, key]))
  }

  /** Rejects with DATA_FOLDER_UNUSABLE where the file is there and not readable: no key must be lost by a new start. */
  static async load(dataFolder: string): Promise<ApiKeys> {
    const path = join(dataFolder, 'api-keys.json')
    const text = await readIfPresent(path)
    if (text === undefined) return new ApiKeys(path, [])
    try {
      return new ApiKeys(path, fileSchema.parse(JSON.parse(text)).keys)
    } catch (cause) {
      const message = `${path} should hold the API keys but does not: restore it from a backup, or move it away`
      throw new RmaError('DATA_FOLDER_UNUSABLE', message, { path }, { cause })
    }
  }

  /** Oldest first. */
  list(): ApiKey[] {
    return [...this.#keys.values()].map(({ hash: _, ...key }) => key)
  }

  /** Makes a key. What is returned as `secret` cannot be had again. Rejects with QUOTA_EXCEEDED, STORAGE_UNAVAILABLE. */
  async create(name: string, now: Milliseconds): Promise<{ key: ApiKey; secret: string }> {
    if (this.#keys.size >= mostKeys) throw new RmaError('QUOTA_EXCEEDED', `there are ${mostKeys} keys: revoke some`)
    const id = randomBytes(6).toString('hex')
    const secret = randomBytes(32).toString('base64url')
    const key = { id, name, createdAt: now }
    this.#keys.set(id, { ...key, hash: hashOf(secret) })
    try {
      await this.#write()
    } catch (error) {
      this.#keys.delete(id)
      throw error
    }
    return { key, secret: `rma_${id}_${secret}` }
  }

  /**
   * It counts no more from now on. Rejects with NOT_FOUND, and with STORAGE_UNAVAILABLE where the key would count again after a
   * restart: to be said again then.
   */
  async revoke(id: string): Promise<void> {
    if (!this.#keys.delete(id) && !this.#isBehind)
      throw new RmaError('NOT_FOUND', `there is no API key ${JSON.stringify(id)}`)
    await this.#write()
  }

  /** Whose key this is. Throws KEY_REFUSED where it is none of them. */
  check(text: string, now: Milliseconds): ApiKey {
    const [, id = '', secret = ''] = keyPattern.exec(text) ?? []
    const key = this.#keys.get(id)
    // Compared in any case, so that the time taken does not tell whether the id is known.
    const matches = isSameToken(hashOf(secret), key?.hash ?? '')
    if (key === undefined || !matches) throw new RmaError('KEY_REFUSED', 'the API key is unknown or was revoked')
    key.lastUsedAt = now
    return key
  }

  /** Keeps when keys were last used. */
  async save(): Promise<void> {
    if (this.#keys.size > 0 || this.#isBehind) await this.#write()
  }

  #write(): Promise<void> {
    this.#writing = this.#writing
      .catch(() => undefined)
      .then(async () => {
        const file: z.infer<typeof fileSchema> = { version: 1, keys: [...this.#keys.values()] }
        this.#isBehind = true
        await writeFileDurably(this.#path, `${JSON.stringify(file, null, 2)}\n`)
        this.#isBehind = false
      })
    return this.#writing
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex')
}
