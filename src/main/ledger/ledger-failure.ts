/** The file is a database of something else, or damaged. */
export class LedgerForeign extends Error {
  override readonly name = 'LedgerForeign'

  constructor(reason = 'it is not a ledger of this program') {
    super(reason)
  }
}

/** A newer version of this program has written the file. */
export class LedgerNewer extends Error {
  override readonly name = 'LedgerNewer'

  constructor(found: number, known: number) {
    super(`expected version ${known} or lower, got ${found}`)
  }
}

/** What an error of the ledger calls for. */
export type LedgerFailure = 'set-aside' | 'refuse' | 'wait' | 'fault'

/** SQLite's primary result codes (https://www.sqlite.org/rescode.html). */
const damaged = new Set([11, 26])
const unwritable = new Set([5, 6, 8, 10, 13, 14])

export function judgeFailure(error: unknown): LedgerFailure {
  if (error instanceof LedgerForeign) return 'set-aside'
  if (error instanceof LedgerNewer) return 'refuse'
  const { errcode: code, syscall } = error as { errcode?: number; syscall?: string }
  // What the system says of a file holds for a while: another program is at it, too many files are open, a disk is away.
  if (code === undefined) return syscall === undefined ? 'fault' : 'wait'
  if (damaged.has(code & 0xff)) return 'set-aside'
  return unwritable.has(code & 0xff) ? 'wait' : 'fault'
}
