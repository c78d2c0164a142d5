import { createHash } from 'node:crypto'
import { RmaError } from '../../../../shared/errors.ts'
import type { PeerIdText } from '../../../../shared/schema/primitives.ts'

/** Hosts 1 to this: the network's own address and its broadcast address are nobody's. */
const lastHost = 65_534

/**
 * Chooses a member's place in 10.42.0.0/16: the one it had, else the one its peer id points at, else the next that is free.
 * Coordinators that do not know of each other's members thus agree nearly always. Pure; throws QUOTA_EXCEEDED.
 */
export function chooseHost(peerId: PeerIdText, wanted: string | undefined, taken: ReadonlySet<number>): number {
  const first = hostOf(wanted) ?? (createHash('sha256').update(peerId).digest().readUInt32BE() % lastHost) + 1
  for (let step = 0; step < lastHost; step++) {
    const host = ((first - 1 + step) % lastHost) + 1
    if (!taken.has(host)) return host
  }
  throw new RmaError('QUOTA_EXCEEDED', `all ${lastHost} addresses of the VPN are taken`)
}

export function ipOf(host: number): string {
  return `10.42.${host >> 8}.${host & 0xff}`
}

/** None where it is no address of the VPN that a member may have. */
function hostOf(ip: string | undefined): number | undefined {
  const [, high, low] = /^10\.42\.(\d{1,3})\.(\d{1,3})$/.exec(ip ?? '') ?? []
  if (high === undefined || low === undefined) return undefined
  const host = Number(high) * 256 + Number(low)
  return Number(high) < 256 && Number(low) < 256 && host >= 1 && host <= lastHost ? host : undefined
}
