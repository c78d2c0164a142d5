import { vi } from 'vitest'

// Set up before each test file: what is waited for happens in processes and sockets beside those of other tests, where the
// second that `vi.waitFor` waits by itself is short.
const patienceMs = 30_000

const { waitFor } = vi
vi.waitFor = (condition, options) =>
  waitFor(condition, typeof options === 'number' ? options : { timeout: patienceMs, ...options })
