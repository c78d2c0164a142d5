import { Agent, request } from 'node:http'
import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2'
import { pipeline } from 'node:stream/promises'
import { asksFor, carriedHeaders, join, upgraded } from './carrying.ts'

const agent = new Agent({ keepAlive: true })

/** At the connector's end: has the service at `to` answer what the edge carries here; 502 where it does not. */
export function answerCarried(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, to: string): void {
  const isUpgrade = headers[asksFor] === 'websocket'
  const asked = request(new URL(headers[':path'] ?? '/', to), {
    agent,
    method: headers[':method'],
    headers: {
      ...carriedHeaders(headers),
      host: headers[':authority'],
      ...(isUpgrade ? { connection: 'Upgrade', upgrade: 'websocket' } : {}),
    },
  })
  const broken = () => {
    if (stream.headersSent || stream.destroyed) stream.destroy()
    else stream.respond({ ':status': 502 }, { endStream: true })
  }
  asked.once('error', broken)
  stream.once('error', () => asked.destroy())
  stream.once('close', () => asked.destroy())
  asked.once('response', answer => {
    stream.respond({ ':status': answer.statusCode, ...carriedHeaders(answer.headers) })
    pipeline(answer, stream).catch(broken)
  })
  asked.once('upgrade', (answer, socket, first) => {
    stream.respond({ ':status': 200, ...carriedHeaders(answer.headers), [upgraded]: '1' })
    socket.once('error', broken)
    socket.unshift(first)
    join(stream, socket)
  })
  if (isUpgrade) asked.end()
  else stream.pipe(asked)
}
