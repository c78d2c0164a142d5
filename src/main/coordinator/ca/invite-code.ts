import { createHash, randomBytes } from 'node:crypto'

const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'

/** 80 random bits in Crockford's base32. */
export function newInviteCode(): string {
  return Array.from(randomBytes(16), byte => alphabet.charAt(byte & 31)).join('')
}

/** What is kept of a code: enough to know it again, nothing that could be used. Its first 12 digits name the invite. */
export function hashInviteCode(code: string): string {
  return createHash('sha256').update(code).digest('hex')
}
