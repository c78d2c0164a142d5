import { expect, it, vi } from 'vitest'
import { KiB, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import type { LocalServices } from '../service-request.ts'
import { DataMeter } from './data-meter.ts'
import { MeteredServices } from './metered-services.ts'
import { Throttle } from './throttle.ts'

const never = new AbortController().signal

async function* body(bytes: number): AsyncGenerator<Uint8Array, void, void> {
  yield new Uint8Array(bytes)
}

/** Reads a paced body in the background; how many bytes have come. */
function reading(throttle: Throttle, bytes: number, signal = never) {
  const read = { bytes: 0, failure: undefined as unknown }
  void (async () => {
    try {
      for await (const chunk of throttle.pace(body(bytes), signal)) read.bytes += chunk.byteLength
    } catch (error) {
      read.failure = error
    }
  })()
  return read
}

it('lets all streams together pass no faster than the bound', async () => {
  const clock = new TurnedClock()
  const throttle = new Throttle({ clock }, { bytesPerSecond: () => 64 * KiB })
  const one = reading(throttle, 256 * KiB)
  const other = reading(throttle, 256 * KiB)
  await vi.waitFor(() => expect(one.bytes).toBe(64 * KiB))
  for (let passed = 1; passed < 8; passed++) {
    clock.turn(second)
    await vi.waitFor(() => expect(one.bytes + other.bytes).toBe((passed + 1) * 64 * KiB))
  }
  expect([one.bytes, other.bytes]).toEqual([256 * KiB, 256 * KiB])
})

it('passes bodies on as they are while there is no bound', async () => {
  const read = reading(new Throttle({ clock: new TurnedClock() }, { bytesPerSecond: () => undefined }), 4_096 * KiB)
  await vi.waitFor(() => expect(read.bytes).toBe(4_096 * KiB))
})

it('stops waiting when the request ends', async () => {
  const abort = new AbortController()
  const throttle = new Throttle({ clock: new TurnedClock() }, { bytesPerSecond: () => 1 * KiB })
  const read = reading(throttle, 256 * KiB, abort.signal)
  await vi.waitFor(() => expect(read.bytes).toBe(64 * KiB))
  abort.abort(new Error('hung up'))
  await vi.waitFor(() => expect(read.failure).toEqual(new Error('hung up')))
})

it('counts a month’s bytes and begins anew with the next', () => {
  const clock = new TurnedClock(new Date(2026, 0, 31, 23, 59).getTime())
  const meter = new DataMeter({ clock })
  meter.add(5)
  meter.add(7)
  expect(meter.monthBytes).toBe(12)
  clock.turn(60 * second)
  expect(meter.monthBytes).toBe(0)
})

it('bounds documents that come in and answers that go out, each by its own', async () => {
  const clock = new TurnedClock()
  const [down, up] = [
    new Throttle({ clock }, { bytesPerSecond: () => 64 * KiB }),
    new Throttle({ clock }, { bytesPerSecond: () => 32 * KiB }),
  ]
  const services: LocalServices = {
    offers: () => true,
    isIdempotent: () => true,
    maxBytes: () => undefined,
    capacity: () => ({ load: 0, queue: { running: 0, waiting: 0, slots: 1, bound: 1 } }),
    run: async ({ body: document }) => ({ contentType: 'text/plain', body: document }),
  }
  const metered = new MeteredServices({ services, down, up, meter: new DataMeter({ clock }) })
  const request = { id: 'r', service: 'ocr', requester: 'p', contentType: '', accept: '', deadlineAt: 0, signal: never }
  const answer = await metered.run({ ...request, body: body(256 * KiB) })
  let bytes = 0
  const read = (async () => {
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) bytes += chunk.byteLength
  })()
  // 64 KiB take a second to come in and two to go out: the slower way decides, and half as long is not enough.
  await vi.waitFor(() => expect(bytes).toBe(64 * KiB))
  for (let passed = 1; passed < 4; passed++) {
    clock.turn(1 * second)
    await new Promise(setImmediate)
    expect(bytes).toBe(passed * 64 * KiB)
    clock.turn(1 * second)
    await vi.waitFor(() => expect(bytes).toBe((passed + 1) * 64 * KiB))
  }
  await read
})

it('lets what passes some other way use up the same bound', async () => {
  const clock = new TurnedClock()
  const throttle = new Throttle({ clock }, { bytesPerSecond: () => 64 * KiB })
  expect(throttle.book(128 * KiB)).toBe(2 * second)
  const read = reading(throttle, 64 * KiB)
  clock.turn(1 * second)
  await new Promise(setImmediate)
  expect(read.bytes).toBe(0)
  clock.turn(1 * second)
  await vi.waitFor(() => expect(read.bytes).toBe(64 * KiB))
  expect(new Throttle({ clock }, { bytesPerSecond: () => undefined }).book(1 * KiB)).toBe(0)
})
