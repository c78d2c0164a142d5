import type { RevokedAt } from '../shared/membership/revocations.ts'
import { isRevoked } from '../shared/membership/revocations.ts'
import { aliveForMs, type RequestKind } from '../shared/schema/edge-api.ts'
import type { Seed } from '../shared/schema/seeds.ts'
import { day, type Milliseconds, minute } from '../shared/units.ts'
import type { Point } from './distance.ts'

/** SQLite as a Durable Object has it: synchronous. */
export interface Sql {
  exec(query: string, ...values: (string | number | null)[]): Record<string, unknown>[]
}

/** A coordinator that has registered. */
export interface CoordinatorEntry {
  seed: Seed
  /** When it last registered, on the edge router's clock. */
  seenAt: Milliseconds
  /** When its envelope or certificate ends. */
  expiresAt: Milliseconds
  /** Where its registration came from, as Cloudflare sees it. */
  origin?: Point
  certificate: { id: string; issuedAt: Milliseconds }
}

/** The newest list of revocations that a coordinator has brought. */
export interface KnownRevocations {
  version: number
  revoked: RevokedAt
}

/** What the storage holds for answering requests. */
export interface CoordinatorList {
  coordinators: CoordinatorEntry[]
  revocations: KnownRevocations
}

export interface Arrival extends CoordinatorEntry {
  at: Milliseconds
  nonce: string
}

export type Admission = 'accepted' | 'replayed' | 'too-often'

export interface DayCount {
  day: string
  kind: RequestKind
  count: number
}

/** For how long nonces are kept: registrations may be two minutes off either way. */
const nonceLifeMs = 5 * minute
const maxRecentRegistrations = 8
const maxCoordinators = 200
const countsKeptMs = 62 * day

const noRevocations: KnownRevocations = { version: 0, revoked: {} }

/**
 * The edge router's whole memory: coordinators, revocations, counts of requests. Each coordinator is one row, so a
 * registration writes one, and each kind of request one a day.
 */
export class CoordinatorTable {
  readonly #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    sql.exec(`CREATE TABLE IF NOT EXISTS coordinators (
      node_id TEXT PRIMARY KEY, entry TEXT NOT NULL, recent TEXT NOT NULL,
      seen_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID`)
    sql.exec('CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID')
    sql.exec(`CREATE TABLE IF NOT EXISTS requests (
      day TEXT NOT NULL, kind TEXT NOT NULL, count INTEGER NOT NULL, PRIMARY KEY (day, kind)) WITHOUT ROWID`)
  }

  /** Coordinators heard of within a day whose word still counts, newest first. */
  list(now: Milliseconds): CoordinatorList {
    const rows = this.#sql.exec(
      'SELECT entry FROM coordinators WHERE seen_at > ? AND expires_at > ? ORDER BY seen_at DESC, node_id',
      now - aliveForMs,
      now,
    )
    const { revoked, version } = this.revocations()
    const coordinators = rows
      .map(row => JSON.parse(String(row.entry)) as CoordinatorEntry)
      .filter(entry => !isRevoked(revoked, certificateClaims(entry)))
    return { coordinators, revocations: { revoked, version } }
  }

  revocations(): KnownRevocations {
    const row = this.#sql.exec("SELECT value FROM facts WHERE name = 'revocations'")[0]
    return row === undefined ? noRevocations : (JSON.parse(String(row.value)) as KnownRevocations)
  }

  /** Keeps a list of revocations if it is newer than the one there is. */
  revoke(revocations: KnownRevocations): void {
    if (revocations.version <= this.revocations().version) return
    this.#sql.exec("INSERT OR REPLACE INTO facts VALUES ('revocations', ?)", JSON.stringify(revocations))
  }

  /** Takes a verified registration, unless it has been taken before. */
  admit({ at, nonce, ...entry }: Arrival): Admission {
    const { seed, seenAt, expiresAt } = entry
    const row = this.#sql.exec('SELECT recent FROM coordinators WHERE node_id = ?', seed.node_id)[0]
    const known = row === undefined ? [] : (JSON.parse(String(row.recent)) as { at: Milliseconds; nonce: string }[])
    const recent = known.filter(earlier => earlier.at > seenAt - nonceLifeMs)
    if (recent.some(earlier => earlier.nonce === nonce)) return 'replayed'
    if (recent.length >= maxRecentRegistrations) return 'too-often'
    this.#sql.exec(
      'INSERT OR REPLACE INTO coordinators VALUES (?, ?, ?, ?, ?)',
      seed.node_id,
      JSON.stringify(entry),
      JSON.stringify([...recent, { at, nonce }]),
      seenAt,
      expiresAt,
    )
    this.#forget(seenAt)
    return 'accepted'
  }

  /** Adds to the counts of a day. */
  count(counts: readonly DayCount[]): void {
    for (const { day, kind, count } of counts) {
      this.#sql.exec(
        'INSERT INTO requests VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
        day,
        kind,
        count,
      )
    }
  }

  /** Requests by day and kind, newest day first. */
  counts(): DayCount[] {
    return this.#sql
      .exec('SELECT day, kind, count FROM requests ORDER BY day DESC, kind')
      .map(({ day, kind, count }) => ({ day: String(day), kind: kind as RequestKind, count: Number(count) }))
  }

  /** What is long gone, and the oldest of more coordinators than any network has. */
  #forget(now: Milliseconds): void {
    this.#sql.exec('DELETE FROM coordinators WHERE seen_at <= ?', now - 2 * aliveForMs)
    this.#sql.exec(
      'DELETE FROM coordinators WHERE node_id NOT IN (SELECT node_id FROM coordinators ORDER BY seen_at DESC LIMIT ?)',
      maxCoordinators,
    )
    this.#sql.exec('DELETE FROM requests WHERE day < ?', dayOf(now - countsKeptMs))
  }
}

/** The UTC day that a time falls on. */
export function dayOf(at: Milliseconds): string {
  return new Date(at).toISOString().slice(0, 10)
}

function certificateClaims({ seed, certificate }: CoordinatorEntry) {
  return { jti: certificate.id, sub: seed.node_id, iat: certificate.issuedAt / 1_000 }
}
