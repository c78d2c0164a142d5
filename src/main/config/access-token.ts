import { createHash, randomBytes, timingSafeEqual } from 'node:crypto'
import { join } from 'node:path'
import { writeFileDurably } from './durable-file.ts'
import { readIfPresent } from './read-if-present.ts'

/** Where a coordinator keeps the token of its operator. */
export const operatorTokenFile = 'operator-token'

const tokenPattern = /^[A-Za-z0-9_-]{43}$/

/**
 * The token that programs on this machine use: 256 random bits in base64url, made once, readable by the owner alone.
 * A coordinator has a second one, which its operator may also use from elsewhere.
 */
export async function loadAccessToken(dataFolder: string, file = 'token'): Promise<string> {
  const path = join(dataFolder, file)
  const stored = (await readIfPresent(path))?.trim()
  if (stored !== undefined && tokenPattern.test(stored)) return stored
  const token = randomBytes(32).toString('base64url')
  await writeFileDurably(path, `${token}\n`)
  return token
}

/** Compares in a time that does not tell how much of the token was right. */
export function isSameToken(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(given), digest(expected))
}
