import type { IncomingHttpHeaders, IncomingMessage, ServerResponse } from 'node:http'
import type { ClientHttp2Session, ClientHttp2Stream, SessionOptions } from 'node:http2'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { KiB, MiB } from '../../../src/shared/units.ts'

/**
 * How requests go from the edge to a connector over the connection that the connector has made: as cloudflared has it over
 * HTTP/2, the edge is the client there. What is no plain request says so in this header, and `upgraded` says that it was agreed.
 */
export const asksFor = 'cf-cloudflared-proxy-connection-upgrade'
export const upgraded = 'cf-cloudflared-upgraded'

/** Both ends take so much of each request, and so much in all, before they have passed it on. */
export const carriedWindow = { ofStream: 256 * KiB, ofSession: 8 * MiB }
export const sessionOptions: SessionOptions = { settings: { initialWindowSize: carriedWindow.ofStream } }

/** What is said about one connection and not about the request. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'transfer-encoding',
  'upgrade',
  'te',
  'host',
])

/** Headers as they go on over another connection. */
export function carriedHeaders(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const carried = Object.entries(headers).filter(
    ([name]) => !name.startsWith(':') && !ofConnection.has(name) && name !== asksFor && name !== upgraded,
  )
  return Object.fromEntries(carried)
}

export interface Carriage {
  session: ClientHttp2Session
  /** Headers that replace those of the request. */
  headers: IncomingHttpHeaders
  /** Nothing of a stream of events comes before all of it, as a GET through a quick tunnel has it. */
  holdsEvents: boolean
}

/** Has a connector answer a request; 502 where it does not. */
export function carry(incoming: IncomingMessage, outgoing: ServerResponse, carriage: Carriage): void {
  const asked = ask(incoming, carriage)
  const broken = () => {
    if (!outgoing.headersSent) outgoing.writeHead(502).end()
    else outgoing.destroy()
  }
  asked.once('response', ({ ':status': status = 502, ...headers }) => {
    outgoing.writeHead(status, carriedHeaders(headers))
    const held = carriage.holdsEvents && headers['content-type']?.startsWith('text/event-stream') === true
    pipeline(held ? Readable.from(whole(asked)) : asked, outgoing).catch(broken)
  })
  asked.once('error', broken)
  outgoing.once('close', () => asked.destroy())
  incoming.pipe(asked)
}

/** The same for a request that asks for a WebSocket: once that is agreed, bytes go both ways. */
export function carryUpgrade(incoming: IncomingMessage, socket: Duplex, head: Buffer, carriage: Carriage): void {
  const asked = ask(incoming, carriage, { [asksFor]: 'websocket' })
  socket.once('error', () => asked.destroy())
  asked.once('error', () => socket.destroy())
  asked.once('response', ({ ':status': status = 502, [upgraded]: agreed, ...headers }) => {
    const carried = carriedHeaders(headers)
    if (agreed === undefined) socket.write(headOf(status, { ...carried, connection: 'close' }))
    else socket.write(headOf(101, { ...carried, connection: 'Upgrade', upgrade: 'websocket' }))
    socket.unshift(head)
    join(socket, asked)
  })
}

/** Passes bytes on, both ways, until either ends. */
export function join(one: Duplex, other: Duplex): void {
  one.pipe(other)
  other.pipe(one)
  one.once('close', () => other.destroy())
  other.once('close', () => one.destroy())
}

function ask(
  incoming: IncomingMessage,
  { session, headers }: Carriage,
  more: IncomingHttpHeaders = {},
): ClientHttp2Stream {
  const { method = 'GET', url = '/' } = incoming
  const target = { ':method': method, ':path': url, ':scheme': 'https', ':authority': incoming.headers.host ?? '' }
  return session.request(
    { ...target, ...carriedHeaders(incoming.headers), ...headers, ...more },
    // Of what is asked by GET Node would end the way there at once.
    { endStream: false },
  )
}

function headOf(status: number, headers: IncomingHttpHeaders): string {
  const lines = Object.entries(headers).flatMap(([name, value]) => [value].flat().map(each => `${name}: ${each}`))
  return `${[`HTTP/1.1 ${status} ${status === 101 ? 'Switching Protocols' : 'Refused'}`, ...lines].join('\r\n')}\r\n\r\n`
}

async function* whole(answer: AsyncIterable<Buffer>) {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  yield Buffer.concat(chunks)
}
