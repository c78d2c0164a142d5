import { expect, it } from 'vitest'
import { readJson } from './bounded-json.ts'

const limits = { maxBytes: 1_000, from: 'https://a.example.org' }

it('reads JSON', async () => {
  expect(await readJson(new Response('{"a":1}'), limits)).toEqual({ a: 1 })
})

it('reads no further than it holds, however much there is', async () => {
  let sent = 0
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      sent += 100
      controller.enqueue(new Uint8Array(100))
    },
  })
  await expect(readJson(new Response(endless), limits)).rejects.toMatchObject({ code: 'TOO_LARGE' })
  expect(sent).toBeLessThan(2_000)
})

it('says who sent what is no JSON', async () => {
  const refusal = { code: 'PROTOCOL', message: 'expected JSON from https://a.example.org' }
  await expect(readJson(new Response('<html>'), limits)).rejects.toMatchObject(refusal)
  await expect(readJson(new Response(null), limits)).rejects.toMatchObject(refusal)
})
