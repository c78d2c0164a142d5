import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { EngineOutput } from './engine-session.ts'
import { TaskPool } from './task-pool.ts'

const part = { type: 'part', value: 'word' } as unknown as EngineOutput

describe('a task whose reader has stopped reading', () => {
  it('gives its place back at once when it is stopped, and ends with the reason', async () => {
    const pool = new TaskPool(1)
    const stop = new AbortController()
    let ended = false
    let freed = 0
    async function* words() {
      try {
        for (;;) yield part
      } finally {
        ended = true
      }
    }
    const reader = pool.run(words, stop.signal, () => freed++).getReader()
    expect((await reader.read()).value).toBe(part)
    expect(pool.free).toBe(0)
    stop.abort(new RmaError('WORKER_LOST', 'the owner needs the machine'))
    expect([pool.free, freed]).toEqual([1, 1])
    await expect(reader.read()).rejects.toMatchObject({ code: 'WORKER_LOST' })
    expect([ended, freed]).toEqual([true, 1])
  })
})
