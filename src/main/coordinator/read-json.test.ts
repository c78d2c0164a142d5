import type { IncomingMessage } from 'node:http'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { readSmallBody } from './read-json.ts'

beforeEach(() => void vi.useFakeTimers())
afterEach(() => void vi.useRealTimers())

it('reads a small body whole', async () => {
  const body = new PassThrough()
  const read = readSmallBody(body as unknown as IncomingMessage)
  body.write('{"a"')
  body.end(':1}')
  expect(Buffer.from(await read).toString()).toBe('{"a":1}')
  expect(vi.getTimerCount()).toBe(0)
})

it('does not wait longer than ten seconds for the rest of one', async () => {
  const body = new PassThrough()
  const read = readSmallBody(body as unknown as IncomingMessage)
  body.write('{')
  const late = expect(read).rejects.toMatchObject({ code: 'DEADLINE' })
  await vi.advanceTimersByTimeAsync(10 * second)
  await late
  expect(body.destroyed).toBe(true)
})
