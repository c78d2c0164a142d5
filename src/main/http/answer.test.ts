import { once } from 'node:events'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import { expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { sendAnswer } from './answer.ts'

async function* inOne(body: Uint8Array) {
  yield body
}

it.each([
  ['held whole', Buffer.alloc(32 << 20)],
  ['streamed', inOne(Buffer.alloc(32 << 20))],
])('does not wait past the end of its request for whoever reads no more of an answer that is %s', async (_, body) => {
  const end = new AbortController()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const reader = connect((server.address() as AddressInfo).port, '127.0.0.1')
  reader.write('GET / HTTP/1.1\r\nhost: a\r\n\r\n')
  const [, outgoing] = await once(server, 'request')
  const sent = sendAnswer(outgoing, body, {}, end.signal)
  await once(reader, 'readable')
  end.abort(new RmaError('DEADLINE', 'too late'))
  await expect(sent).rejects.toThrow()
  expect(outgoing.destroyed).toBe(true)
  reader.destroy()
  server.close()
})
