/** What stands in the place of a secret. */
export const redacted = '[removed]'

export interface RedactInit {
  /** Secrets of this node in every form in which they may be written. */
  secrets: readonly string[]
  /** The owner's home folder: its name is often theirs. */
  home: string
}

/** Shorter ones would be found in places where they mean nothing. */
const shortestSecret = 8

/**
 * Takes out of a text what nobody but the owner must see: the secrets that are known, and whatever looks like one, for text
 * that others wrote. Peer ids, addresses and paths stay, as they say what went wrong.
 */
export function redact(text: string, { secrets, home }: RedactInit): string {
  const known = secrets.filter(secret => secret.length >= shortestSecret).sort((a, b) => b.length - a.length)
  let result = text
  for (const secret of known) result = result.replaceAll(secret, redacted)
  for (const [pattern, replacement] of patterns) result = result.replace(pattern, replacement)
  result = result.replace(base64Pattern, match => (isPath(match) ? match : redacted)).replace(tokenPattern, redacted)
  return home.length > 1 ? result.replaceAll(home, '~') : result
}

const isSecretName = (name: string) => new RegExp(`(?:${secretName})$`, 'i').test(name)

/** The same for data: each text by itself, and all that goes by the name of a secret. */
export function redactValue(value: unknown, init: RedactInit): unknown {
  if (typeof value === 'string') return redact(value, init)
  if (Array.isArray(value)) return value.map(each => redactValue(each, init))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [
      redact(name, init),
      isSecretName(name) && typeof each === 'string' ? redacted : redactValue(each, init),
    ]),
  )
}

const secretName =
  'access[_-]?token|token|secret|password|passwd|passphrase|authorization|cookie|private[_-]?key|api[_-]?key|invite|ticket|membership|certificate'

/** Forms of secrets, those that begin with something unmistakable first. */
const patterns: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]+-----[\s\S]*?-----END [A-Z ]+-----/g, redacted],
  // Certificates, tickets and sessions.
  [/\beyJ[\w-]+\.[\w-]+(?:\.[\w-]+)?/g, redacted],
  [/\brma1[\w-]{8,}/g, redacted],
  [/\brma_[0-9a-f]{12}_[\w-]+/g, redacted],
  [/\b(Bearer|Basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${redacted}`],
  [/(:\/\/)[^\s/@"]+@/g, `$1${redacted}@`],
  [new RegExp(`([?&#](?:${secretName}|key|code)=)[^\\s&"#]+`, 'gi'), `$1${redacted}`],
  [new RegExp(`("[\\w-]*(?:${secretName})"\\s*:\\s*)"(?:[^"\\\\]|\\\\.)*"`, 'gi'), `$1"${redacted}"`],
  [new RegExp(`(?<![a-z])((?:${secretName})\\s*[=:]\\s*)(?![{["]|\\s)[^\\s,;"]{8,}`, 'gi'), `$1${redacted}`],
]

/** 256 random bits in base64url or hex: tokens, keys, hashes. Looked for last, as part of something longer looks like it. */
const tokenPattern = /(?<![\w-])(?:[A-Za-z0-9_-]{43}=?|[0-9a-fA-F]{64})(?![\w-])/g

/** Keys and envelopes: longer than any peer id. */
const base64Pattern = /(?<![\w+/=-])[A-Za-z0-9+/_-]{60,}={0,2}/g

/** A path, or the end of a multiaddr: its parts are words, numbers and peer ids, which random characters hardly ever are. */
function isPath(text: string): boolean {
  const parts = text.split('/')
  return parts.length > 2 && parts.every(part => /^(?:[A-Z]?[a-z0-9_-]{0,40}|12D3KooW[1-9A-Za-z]{44})$/.test(part))
}

/** Every form in which a key may have been written: the key and its secret half, in the usual encodings. */
export function formsOf(key: Uint8Array): string[] {
  const halves = [Buffer.from(key), Buffer.from(key.subarray(0, 32))]
  return halves.flatMap(bytes => (['base64', 'base64url', 'hex'] as const).map(encoding => bytes.toString(encoding)))
}
