/** "RMAL": marks a database as a ledger of this program (`PRAGMA application_id`). */
export const applicationId = 0x52_4d_41_4c

/**
 * Steps from each version of the database to the next; `PRAGMA user_version` says how many were taken. A step that was
 * released is never changed.
 */
export const migrations: readonly string[] = [
  `
  CREATE TABLE jobs (
    id INTEGER PRIMARY KEY,
    request_id TEXT NOT NULL,
    role TEXT NOT NULL,
    service TEXT NOT NULL,
    requester TEXT NOT NULL,
    worker TEXT,
    path TEXT,
    state TEXT NOT NULL,
    error TEXT,
    created_at INTEGER NOT NULL,
    started_at INTEGER,
    finished_at INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    cpu_ms REAL NOT NULL,
    gpu_ms REAL NOT NULL,
    receipt TEXT,
    UNIQUE (request_id, role, requester, created_at)
  ) STRICT;
  CREATE INDEX jobs_by_end ON jobs (finished_at);
  CREATE TABLE daily (
    day TEXT NOT NULL,
    service TEXT NOT NULL,
    role TEXT NOT NULL,
    jobs INTEGER NOT NULL,
    failed INTEGER NOT NULL,
    cancelled INTEGER NOT NULL,
    verified INTEGER NOT NULL,
    bytes_in INTEGER NOT NULL,
    bytes_out INTEGER NOT NULL,
    run_ms REAL NOT NULL,
    cpu_ms REAL NOT NULL,
    gpu_ms REAL NOT NULL,
    PRIMARY KEY (day, service, role)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE receipts (
    job INTEGER PRIMARY KEY REFERENCES jobs (id) ON DELETE CASCADE,
    envelope BLOB NOT NULL,
    received_at INTEGER NOT NULL
  ) STRICT;
  `,
]
