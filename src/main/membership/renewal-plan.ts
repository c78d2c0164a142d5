import { hour, type Milliseconds, minute } from '../../shared/units.ts'

/** A certificate is renewed when this share of its life is over, so that a coordinator may be away for days. */
const renewedAfter = 2 / 3
/** Spreads those who joined together, as a share of the life. */
const jitter = 0.04

/** When to ask for the next certificate. `random` is 0 to 1. Pure. */
export function renewAt(
  { issuedAt, expiresAt }: { issuedAt: Milliseconds; expiresAt: Milliseconds },
  random: number,
): Milliseconds {
  return issuedAt + (expiresAt - issuedAt) * (renewedAfter + jitter * (random - 0.5))
}

/** How long to wait after so many failures in a row: from half a minute to an hour. Pure. */
export function retryAfter(failures: number, random: number): Milliseconds {
  return Math.min(minute * 2 ** Math.min(failures - 1, 10), hour) * (0.5 + random / 2)
}
