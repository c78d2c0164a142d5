import { Agent, type IncomingHttpHeaders, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { type Duplex, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

const agent = new Agent({ keepAlive: true })

export interface Onward {
  /** Where to, as `http://127.0.0.1:8000`. */
  to: string
  /** Headers that replace those of the request. */
  headers?: IncomingHttpHeaders
  /** Nothing of a stream of events comes before all of it, as a GET through a quick tunnel has it. */
  holdsEvents?: boolean
}

/** Passes a request on and its answer back; 502 where nobody answers. */
export function passOn(incoming: IncomingMessage, outgoing: ServerResponse, onward: Onward): void {
  const asked = ask(incoming, onward)
  const broken = () => {
    if (!outgoing.headersSent) outgoing.writeHead(502).end()
    else outgoing.destroy()
  }
  asked.once('response', answer => {
    outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
    const held = onward.holdsEvents === true && answer.headers['content-type']?.startsWith('text/event-stream') === true
    pipeline(held ? Readable.from(whole(answer)) : answer, outgoing).catch(broken)
  })
  outgoing.once('close', () => asked.destroy())
  pipeline(incoming, asked).catch(broken)
}

/** The same for a request that asks for another protocol: once that is agreed, bytes go both ways. */
export function passUpgradeOn(incoming: IncomingMessage, socket: Duplex, head: Buffer, onward: Onward): void {
  const asked = ask(incoming, onward)
  const broken = () => socket.destroy()
  socket.once('error', broken)
  asked.once('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\nconnection: close\r\n\r\n'))
  asked.once('response', answer => {
    socket.write(headOf(answer))
    pipeline(answer, socket).catch(broken)
  })
  asked.once('upgrade', (answer, other, first) => {
    other.once('error', broken)
    socket.write(headOf(answer))
    other.unshift(first)
    socket.unshift(head)
    for (const [one, another] of [
      [socket, other],
      [other, socket],
    ] as const) {
      one.pipe(another)
      one.once('close', () => another.destroy())
    }
  })
  asked.end()
}

function ask(incoming: IncomingMessage, { to, headers }: Onward) {
  const { method, url = '/' } = incoming
  return request(new URL(url, to), { agent, method, headers: { ...incoming.headers, ...headers } })
}

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}`]
  for (let at = 0; at < answer.rawHeaders.length; at += 2) {
    lines.push(`${answer.rawHeaders[at]}: ${answer.rawHeaders[at + 1]}`)
  }
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function* whole(answer: IncomingMessage) {
  const chunks: Buffer[] = []
  for await (const chunk of answer) chunks.push(chunk)
  yield Buffer.concat(chunks)
}
