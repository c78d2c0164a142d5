import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { z } from 'zod'
import { type Role, rolesSchema } from '../../../shared/membership/certificate.ts'
import type { RevokedAt } from '../../../shared/membership/revocations.ts'
import type { PeerIdText } from '../../../shared/schema/primitives.ts'
import type { Startable } from '../../lifecycle.ts'

const schema = `
  CREATE TABLE IF NOT EXISTS facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS invites (
    id TEXT PRIMARY KEY, codeHash TEXT NOT NULL UNIQUE, roles TEXT NOT NULL, uses INTEGER NOT NULL, note TEXT NOT NULL,
    createdAt INTEGER NOT NULL, expiresAt INTEGER NOT NULL, revokedAt INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS redemptions (
    inviteId TEXT NOT NULL, peerId TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY (inviteId, peerId)) STRICT;
  CREATE TABLE IF NOT EXISTS members (
    peerId TEXT PRIMARY KEY, roles TEXT NOT NULL, label TEXT NOT NULL, via TEXT NOT NULL, enrolledAt INTEGER NOT NULL,
    admittedAt INTEGER NOT NULL, certificateExpiresAt INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS applications (
    peerId TEXT PRIMARY KEY, label TEXT NOT NULL, askedAt INTEGER NOT NULL, refusedAt INTEGER) STRICT;
  CREATE TABLE IF NOT EXISTS revocations (subject TEXT PRIMARY KEY, at INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS vpnHosts (
    peerId TEXT PRIMARY KEY, host INTEGER NOT NULL UNIQUE, until INTEGER NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS vpnCertificates (
    fingerprint TEXT PRIMARY KEY, peerId TEXT NOT NULL, until INTEGER NOT NULL) STRICT;
`

const rolesText = z.string().transform(text => rolesSchema.parse(text.split(' ')))

const inviteRow = z.object({
  id: z.string(),
  roles: rolesText,
  uses: z.number(),
  used: z.number(),
  note: z.string(),
  createdAt: z.number(),
  expiresAt: z.number(),
  revokedAt: z.number().nullable(),
})
export type StoredInvite = z.infer<typeof inviteRow>

const memberRow = z.object({
  peerId: z.string(),
  roles: rolesText,
  label: z.string(),
  via: z.string(),
  enrolledAt: z.number(),
  /** Unix seconds: a revocation of this peer as late as that, or later, counts. */
  admittedAt: z.number(),
  certificateExpiresAt: z.number().nullable(),
})
export type StoredMember = z.infer<typeof memberRow>

const applicationRow = z.object({
  peerId: z.string(),
  label: z.string(),
  askedAt: z.number(),
  refusedAt: z.number().nullable(),
})
export type StoredApplication = z.infer<typeof applicationRow>

const selectInvites = `SELECT invites.*, (SELECT count(*) FROM redemptions WHERE inviteId = id) AS used FROM invites`

/**
 * What a CA must not forget, in SQLite: each change is on disk when its transaction returns. All calls are synchronous, so
 * what happens within `transaction` happens at once for everybody.
 */
export class MembershipStore implements Startable {
  readonly #path: string
  #database: DatabaseSync | undefined

  constructor(dataFolder: string) {
    this.#path = join(dataFolder, 'membership.sqlite')
  }

  start(): void {
    // For its owner alone from the first moment; SQLite gives its other files the same mode.
    closeSync(openSync(this.#path, 'a', 0o600))
    const database = new DatabaseSync(this.#path)
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA busy_timeout = 2000')
    database.exec(schema)
    this.#database = database
  }

  stop(): void {
    this.#database?.close()
    this.#database = undefined
  }

  /** All or nothing, and nobody in between. `work` must not wait for anything. */
  transaction<T>(work: () => T): T {
    this.#run('BEGIN IMMEDIATE')
    try {
      const result = work()
      this.#run('COMMIT')
      return result
    } catch (error) {
      this.#run('ROLLBACK')
      throw error
    }
  }

  fact(name: string): string | undefined {
    return this.#rows(z.object({ value: z.string() }), 'SELECT value FROM facts WHERE name = ?', name)[0]?.value
  }

  setFact(name: string, value: string): void {
    this.#run('INSERT OR REPLACE INTO facts VALUES (?, ?)', name, value)
  }

  addInvite(invite: Omit<StoredInvite, 'used' | 'revokedAt'> & { codeHash: string }): void {
    const { id, codeHash, roles, uses, note, createdAt, expiresAt } = invite
    const values = [id, codeHash, roles.join(' '), uses, note, createdAt, expiresAt]
    this.#run('INSERT INTO invites VALUES (?, ?, ?, ?, ?, ?, ?, NULL)', ...values)
  }

  invites(): StoredInvite[] {
    return this.#rows(inviteRow, `${selectInvites} ORDER BY createdAt DESC`)
  }

  invite(id: string): StoredInvite | undefined {
    return this.#rows(inviteRow, `${selectInvites} WHERE id = ?`, id)[0]
  }

  inviteOf(codeHash: string): StoredInvite | undefined {
    return this.#rows(inviteRow, `${selectInvites} WHERE codeHash = ?`, codeHash)[0]
  }

  revokeInvite(id: string, at: number): void {
    this.#run('UPDATE invites SET revokedAt = ? WHERE id = ? AND revokedAt IS NULL', at, id)
  }

  hasRedeemed(inviteId: string, peerId: PeerIdText): boolean {
    const found = this.#rows(
      z.object({ at: z.number() }),
      'SELECT at FROM redemptions WHERE inviteId = ? AND peerId = ?',
      inviteId,
      peerId,
    )
    return found.length > 0
  }

  addRedemption(inviteId: string, peerId: PeerIdText, at: number): void {
    this.#run('INSERT INTO redemptions VALUES (?, ?, ?)', inviteId, peerId, at)
  }

  members(): StoredMember[] {
    return this.#rows(memberRow, 'SELECT * FROM members ORDER BY enrolledAt DESC')
  }

  member(peerId: PeerIdText): StoredMember | undefined {
    return this.#rows(memberRow, 'SELECT * FROM members WHERE peerId = ?', peerId)[0]
  }

  putMember(member: StoredMember): void {
    const { peerId, roles, label, via, enrolledAt, admittedAt, certificateExpiresAt } = member
    const values = [peerId, roles.join(' '), label, via, enrolledAt, admittedAt, certificateExpiresAt]
    this.#run('INSERT OR REPLACE INTO members VALUES (?, ?, ?, ?, ?, ?, ?)', ...values)
  }

  setRoles(peerId: PeerIdText, roles: readonly Role[]): void {
    this.#run('UPDATE members SET roles = ? WHERE peerId = ?', roles.join(' '), peerId)
  }

  noteCertificate(peerId: PeerIdText, expiresAt: number): void {
    this.#run('UPDATE members SET certificateExpiresAt = ? WHERE peerId = ?', expiresAt, peerId)
  }

  applications(): StoredApplication[] {
    return this.#rows(applicationRow, 'SELECT * FROM applications ORDER BY askedAt')
  }

  /** How many wait for the operator. */
  pendingApplications(): number {
    const count = z.object({ count: z.number() })
    return this.#rows(count, 'SELECT count(*) AS count FROM applications WHERE refusedAt IS NULL')[0]?.count ?? 0
  }

  /** Forgets those that have waited since before `pendingBefore`, and of those that were refused all but the latest. */
  forgetApplications({ pendingBefore, refusedKept }: { pendingBefore: number; refusedKept: number }): void {
    this.#run('DELETE FROM applications WHERE refusedAt IS NULL AND askedAt < ?', pendingBefore)
    const kept = 'SELECT peerId FROM applications WHERE refusedAt IS NOT NULL ORDER BY refusedAt DESC LIMIT ?'
    this.#run(`DELETE FROM applications WHERE refusedAt IS NOT NULL AND peerId NOT IN (${kept})`, refusedKept)
  }

  application(peerId: PeerIdText): StoredApplication | undefined {
    return this.#rows(applicationRow, 'SELECT * FROM applications WHERE peerId = ?', peerId)[0]
  }

  putApplication({ peerId, label, askedAt, refusedAt }: StoredApplication): void {
    this.#run('INSERT OR REPLACE INTO applications VALUES (?, ?, ?, ?)', peerId, label, askedAt, refusedAt)
  }

  removeApplication(peerId: PeerIdText): void {
    this.#run('DELETE FROM applications WHERE peerId = ?', peerId)
  }

  revoked(): RevokedAt {
    const rows = this.#rows(z.object({ subject: z.string(), at: z.number() }), 'SELECT * FROM revocations')
    return Object.fromEntries(rows.map(({ subject, at }) => [subject, at]))
  }

  revokedAt(subject: string): number | undefined {
    return this.#rows(z.object({ at: z.number() }), 'SELECT at FROM revocations WHERE subject = ?', subject)[0]?.at
  }

  addRevocation(subject: string, at: number): void {
    this.#run(
      'INSERT INTO revocations VALUES (?, ?) ON CONFLICT (subject) DO UPDATE SET at = max(at, excluded.at)',
      subject,
      at,
    )
  }

  /** The place in the VPN that a peer was given. */
  vpnHost(peerId: PeerIdText): number | undefined {
    return this.#rows(z.object({ host: z.number() }), 'SELECT host FROM vpnHosts WHERE peerId = ?', peerId)[0]?.host
  }

  /** Places whose last lease ends after `since`. */
  vpnHosts(since: number): number[] {
    const rows = this.#rows(z.object({ host: z.number() }), 'SELECT host FROM vpnHosts WHERE until > ?', since)
    return rows.map(({ host }) => host)
  }

  /** Takes the place from whoever had it. */
  putVpnHost(peerId: PeerIdText, host: number, until: number): void {
    this.#run('INSERT OR REPLACE INTO vpnHosts VALUES (?, ?, ?)', peerId, host, until)
  }

  /** Forgets those that ended before `now`. */
  addVpnCertificate(fingerprint: string, peerId: PeerIdText, until: number, now: number): void {
    this.#run('DELETE FROM vpnCertificates WHERE until <= ?', now)
    this.#run('INSERT OR REPLACE INTO vpnCertificates VALUES (?, ?, ?)', fingerprint, peerId, until)
  }

  /** Fingerprints of those a peer has that end in that span. */
  vpnCertificates(peerId: PeerIdText, { after, by }: { after: number; by: number }): string[] {
    const sql = 'SELECT fingerprint FROM vpnCertificates WHERE peerId = ? AND until > ? AND until <= ?'
    return this.#rows(z.object({ fingerprint: z.string() }), sql, peerId, after, by).map(row => row.fingerprint)
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#open.prepare(sql).run(...values)
  }

  #rows<T>(row: z.ZodType<T>, sql: string, ...values: SQLInputValue[]): T[] {
    return z.array(row).parse(this.#open.prepare(sql).all(...values))
  }

  get #open(): DatabaseSync {
    if (this.#database === undefined) throw new Error('the store of members is not open')
    return this.#database
  }
}
