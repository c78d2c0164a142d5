import { describe, expect, it } from 'vitest'
import { KiB, MiB } from '../../shared/units.ts'
import { Replay } from './replay.ts'

function replayOf(source: AsyncIterable<Uint8Array>) {
  const seen = { bytes: 0, ended: 0, failure: undefined as unknown }
  const replay = new Replay(source, {
    onBytes: bytes => {
      seen.bytes += bytes
    },
    onEnd: failure => {
      seen.ended++
      seen.failure = failure
    },
  })
  return { replay, seen }
}

function counted(chunks: number, size = 64 * KiB) {
  const drawn = { chunks: 0, returned: false }
  async function* generate() {
    try {
      for (; drawn.chunks < chunks; ) yield Buffer.alloc(size, drawn.chunks++)
    } finally {
      drawn.returned = true
    }
  }
  return { drawn, source: generate() }
}

async function all(reader: AsyncIterable<Uint8Array>): Promise<number[]> {
  const firsts: number[] = []
  for await (const chunk of reader) firsts.push(chunk[0] ?? -1)
  return firsts
}

const upTo = (count: number) => Array.from({ length: count }, (_, index) => index % 256)

describe('an answer read by several', () => {
  it('is read from its beginning by each, whenever they come, and drawn once', async () => {
    const { drawn, source } = counted(6)
    const { replay, seen } = replayOf(source)
    const early = replay.read()
    await early.next()
    await early.next()
    const late = replay.read()
    expect(await all(late)).toEqual(upTo(6))
    expect(await all(early)).toEqual([2, 3, 4, 5])
    expect(await all(replay.read())).toEqual(upTo(6))
    expect([drawn.chunks, seen]).toEqual([6, { bytes: 6 * 64 * KiB, ended: 1, failure: undefined }])
  })

  it('is drawn no faster than it is read', async () => {
    const { drawn, source } = counted(100)
    const reader = replayOf(source).replay.read()
    for (let index = 0; index < 5; index++) await reader.next()
    expect(drawn.chunks).toBe(5)
  })

  it('breaks for each in the same way, after what had come', async () => {
    async function* source() {
      yield Buffer.from([0])
      throw new Error('the engine broke')
    }
    const { replay, seen } = replayOf(source())
    for (let time = 0; time < 2; time++) {
      const reader = replay.read()
      expect((await reader.next()).value).toEqual(Buffer.from([0]))
      await expect(reader.next()).rejects.toThrow('the engine broke')
    }
    expect(seen.ended).toBe(1)
  })

  it('holds little once released, takes nobody new, and lets the fast wait for the slow', async () => {
    const { drawn, source } = counted(200)
    const { replay } = replayOf(source)
    const [fast, slow] = [replay.read(), replay.read()]
    await slow.next()
    replay.release()
    expect(replay.isWhole).toBe(false)
    expect(() => replay.read()).toThrow()
    let count = 0
    const racing = (async () => {
      for await (const _ of fast) count++
    })()
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve()
    expect(drawn.chunks).toBeLessThan((2 * MiB) / (64 * KiB))
    expect(await all(slow)).toEqual(upTo(200).slice(1))
    await racing
    expect(count).toBe(200)
  })

  it('no longer waits for a slow reader that has left', async () => {
    const { source } = counted(200)
    const { replay } = replayOf(source)
    const [fast, slow, idle] = [replay.read(), replay.read(), replay.read()]
    await slow.next()
    replay.release()
    const racing = all(fast)
    for (let turn = 0; turn < 1_000; turn++) await Promise.resolve()
    await slow.return?.()
    await idle.return?.()
    expect(await racing).toHaveLength(200)
  })
})
