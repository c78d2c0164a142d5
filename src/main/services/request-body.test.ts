import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { acceptsExplicitly, mediaType, readBody } from './request-body.ts'
import { chunksOf, failureOf } from './testing/test-host.ts'

const never = new AbortController().signal

describe('readBody', () => {
  it('joins the pieces', async () => {
    const bytes = Buffer.from('a scanned letter')
    expect(Buffer.from(await readBody(chunksOf(bytes, 3), 16, never))).toEqual(bytes)
  })

  it('refuses a body as soon as it has grown too large, and lets go of its sender', async () => {
    const left = vi.fn()
    async function* endless(): AsyncGenerator<Uint8Array, void, void> {
      try {
        for (;;) yield new Uint8Array(1_000)
      } finally {
        left()
      }
    }
    const error = await failureOf(readBody(endless(), 10_000, never))
    expect(error).toMatchObject({ code: 'TOO_LARGE', details: { bytes: 11_000, maxBytes: 10_000 } })
    expect(left).toHaveBeenCalledOnce()
  })

  it('refuses an empty body', async () => {
    expect(await failureOf(readBody(chunksOf(new Uint8Array()), 10, never))).toMatchObject({ code: 'EMPTY_BODY' })
  })

  it('stops waiting for a sender that has gone quiet when the request ends', async () => {
    async function* quiet(): AsyncGenerator<Uint8Array, void, void> {
      yield new Uint8Array(1)
      await new Promise(() => undefined)
    }
    const ending = new AbortController()
    const reading = failureOf(readBody(quiet(), 10, ending.signal))
    ending.abort(new RmaError('DEADLINE', 'too late'))
    expect(await reading).toMatchObject({ code: 'DEADLINE' })
  })

  it('reads nothing for a request that has ended already', async () => {
    const signal = AbortSignal.abort(new RmaError('CANCELLED', 'gone'))
    expect(await failureOf(readBody(chunksOf(new Uint8Array(5)), 10, signal))).toMatchObject({ code: 'CANCELLED' })
  })
})

describe('media types', () => {
  it('are compared without parameters and case', () => {
    expect(mediaType('Image/PNG; name="letter.png"')).toBe('image/png')
    expect(mediaType('')).toBe('')
  })

  it('are accepted explicitly only when named', () => {
    expect(acceptsExplicitly('text/html, Application/X-NDJSON;q=0.9', 'application/x-ndjson')).toBe(true)
    expect(acceptsExplicitly('*/*', 'application/x-ndjson')).toBe(false)
  })
})
