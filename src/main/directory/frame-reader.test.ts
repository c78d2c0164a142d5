import fc from 'fast-check'
import { expect, it } from 'vitest'
import { FrameReader, withLength } from './frame-reader.ts'

it('cuts frames out of a stream however the bytes are split', () => {
  const frames = fc.array(fc.uint8Array({ minLength: 1, maxLength: 300 }), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(frames, fc.integer({ min: 1, max: 64 }), (sent, step) => {
      const bytes = Buffer.concat(sent.map(withLength))
      const reader = new FrameReader(300)
      const read: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += step) read.push(...reader.read(bytes.subarray(at, at + step)))
      expect(read.map(frame => Buffer.from(frame))).toEqual(sent.map(frame => Buffer.from(frame)))
      expect(reader.midFrame).toBe(false)
    }),
  )
})

it('knows that a frame has begun', () => {
  const reader = new FrameReader(100)
  expect(reader.read(Uint8Array.of(3, 1))).toEqual([])
  expect(reader.midFrame).toBe(true)
})

it('refuses a frame that is too long as soon as its length is known', () => {
  expect(() => new FrameReader(100).read(Uint8Array.of(101))).toThrow(/1 to 100 bytes/)
})

it('refuses empty frames and endless lengths', () => {
  expect(() => new FrameReader(100).read(Uint8Array.of(0))).toThrow(/got one of 0/)
  expect(() => new FrameReader(100).read(Uint8Array.of(0x80, 0x80, 0x80))).toThrow(/at most 3 bytes/)
})
