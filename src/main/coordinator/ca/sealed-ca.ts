import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto'
import { z } from 'zod'
import { RmaError } from '../../../shared/errors.ts'
import { type CaKey, rawKeySchema, readCaKey } from '../../../shared/membership/ca-key.ts'
import { safeParse } from '../../../shared/safe-parse.ts'
import { networkNameSchema } from '../../../shared/schema/primitives.ts'
import { MiB } from '../../../shared/units.ts'

const minPassphraseLength = 12
/** 128 MiB and some tenths of a second for each guess (OWASP's first choice for scrypt). */
const cost = { N: 2 ** 17, r: 8, p: 1, maxmem: 160 * MiB }

const base64 = (bytes: number) => z.base64url().refine(text => Buffer.from(text, 'base64url').length === bytes)
const sealedSchema = z.strictObject({
  format: z.literal('rma-donor-ca-1'),
  network: networkNameSchema,
  caPublicKey: rawKeySchema,
  salt: base64(16),
  iv: base64(12),
  tag: base64(16),
  sealed: z.base64url().max(1_024),
})

export interface ExportedCa {
  network: string
  key: CaKey
}

/** The CA key under a passphrase (scrypt, AES-256-GCM), to be carried to another coordinator. Rejects with BAD_INPUT. */
export async function sealCa({ network, key }: ExportedCa, passphrase: string): Promise<string> {
  if (passphrase.length < minPassphraseLength)
    throw new RmaError('BAD_INPUT', `expected a passphrase of at least ${minPassphraseLength} characters`)
  const [salt, iv] = [randomBytes(16), randomBytes(12)]
  const cipher = createCipheriv('aes-256-gcm', await keyFrom(passphrase, salt), iv)
  cipher.setAAD(Buffer.from(`${network} ${key.publicKey}`))
  const sealed = Buffer.concat([cipher.update(JSON.stringify(key.privateJwk)), cipher.final()])
  const file: z.infer<typeof sealedSchema> = {
    format: 'rma-donor-ca-1',
    network,
    caPublicKey: key.publicKey,
    salt: salt.toString('base64url'),
    iv: iv.toString('base64url'),
    tag: cipher.getAuthTag().toString('base64url'),
    sealed: sealed.toString('base64url'),
  }
  return `${JSON.stringify(file, null, 2)}\n`
}

/** Rejects with CA_UNUSABLE: no such file, changed, or another passphrase. */
export async function openCa(text: string, passphrase: string): Promise<ExportedCa> {
  const parsed = safeParse(sealedSchema, parseJson(text))
  if (!parsed.success) throw new RmaError('CA_UNUSABLE', 'expected a file that `rma-donor ca export` has written')
  const { network, caPublicKey, salt, iv, tag, sealed } = parsed.data
  const bytes = (field: string) => Buffer.from(field, 'base64url')
  const decipher = createDecipheriv('aes-256-gcm', await keyFrom(passphrase, bytes(salt)), bytes(iv))
  decipher.setAAD(Buffer.from(`${network} ${caPublicKey}`))
  decipher.setAuthTag(bytes(tag))
  try {
    const opened = Buffer.concat([decipher.update(bytes(sealed)), decipher.final()])
    return { network, key: readCaKey(JSON.parse(opened.toString('utf8'))) }
  } catch (cause) {
    throw new RmaError('CA_UNUSABLE', 'the passphrase is wrong, or the file was changed', {}, { cause })
  }
}

function keyFrom(passphrase: string, salt: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(passphrase.normalize('NFKC'), salt, 32, cost, (error, key) =>
      error === null ? resolve(key) : reject(error),
    )
  })
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
