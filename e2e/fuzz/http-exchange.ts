import { connect } from 'node:net'
import { type Duplex, duplexPair } from 'node:stream'
import { textOf } from './fuzz-target.ts'

const turns = 40
const patienceMs = 2_000
/** A short while for a server behind a real socket to say something; a few rounds through the kernel. */
const socketTurns = 400

/** A server's end for a socket that is only memory. */
export type ServeSocket = (socket: Duplex) => void

/**
 * Sends bytes as they stand to an HTTP server and judges the answer. Throws where it says INTERNAL, is no HTTP, or the
 * connection does not end after its client has.
 */
export async function exchangeInMemory(input: Uint8Array, serve: ServeSocket): Promise<string> {
  const [client, server] = duplexPair()
  serve(server)
  return await exchange(client, input, turns)
}

/** The same over loopback. */
export async function exchangeOverTcp(input: Uint8Array, port: number): Promise<string> {
  const client = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
  return await exchange(client, input, socketTurns)
}

async function exchange(client: Duplex, input: Uint8Array, rounds: number): Promise<string> {
  const chunks: Buffer[] = []
  let ended = false
  const closed = new Promise<void>(resolve => client.once('close', resolve))
  client.on('data', (chunk: Buffer) => chunks.push(chunk))
  client.on('end', () => {
    ended = true
  })
  // A server that has refused the rest resets the connection: what came before counts.
  client.on('error', () => {
    ended = true
  })
  client.write(input)
  for (let turn = 0; turn < rounds && !ended && chunks.length === 0; turn++) await new Promise(setImmediate)
  client.end()
  const timer = setTimeout(() => client.destroy(new Error('the server held on to a connection')), patienceMs)
  const startedAt = performance.now()
  await closed
  clearTimeout(timer)
  if (performance.now() - startedAt >= patienceMs - 1) throw new Error('the server held on to a connection')
  return statusOf(Buffer.concat(chunks))
}

/** `HTTP 200`, of the first answer. */
function statusOf(answer: Buffer): string {
  if (answer.length === 0) return 'HTTP hung up'
  const text = textOf(answer)
  if (!/^HTTP\/1\.1 \d{3}/.test(text)) throw new Error(`expected HTTP, got ${JSON.stringify(text.slice(0, 80))}`)
  if (text.includes('"code":"INTERNAL"') || /^HTTP\/1\.1 500/m.test(text))
    throw new Error(`the server failed: ${text.slice(0, 500)}`)
  return `HTTP ${text.slice(9, 12)}`
}
