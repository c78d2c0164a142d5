import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Milliseconds, second } from '../../shared/units.ts'

/** UPnP Device Architecture 1.1, section 1.3. */
const group = { address: '239.255.255.250', port: 1900 }
const hops = 2
const searchMs: Milliseconds = 2 * second
/** Packets get lost on Wi-Fi. */
const askedAfterMs: Milliseconds[] = [0, 0.5 * second]
const wanted = [1, 2].map(version => `urn:schemas-upnp-org:device:InternetGatewayDevice:${version}`)

/**
 * Where a router describes itself. Anybody on the LAN may answer, so what is named has to be at the answering machine itself,
 * over HTTP: nobody can send this node elsewhere. Undefined where it is no such answer. Pure.
 */
export function readSearchAnswer(answer: string, from: string): URL | undefined {
  const [status = '', ...lines] = answer.split('\r\n')
  if (!/^HTTP\/1\.[01] 200\b/.test(status)) return undefined
  const headers = new Map(
    lines.map(line => {
      const colon = line.indexOf(':')
      return [line.slice(0, Math.max(0, colon)).trim().toLowerCase(), line.slice(colon + 1).trim()]
    }),
  )
  const location = headers.get('location') ?? ''
  if (!wanted.includes(headers.get('st') ?? '') || !URL.canParse(location)) return undefined
  const url = new URL(location)
  return url.protocol === 'http:' && url.hostname === from ? url : undefined
}

/** Asks the LAN that `lanIp` is in for its router; undefined where none answers within 2 s. Rejects with the signal's reason. */
export async function searchRouter(lanIp: string, signal: AbortSignal): Promise<URL | undefined> {
  const socket = createSocket('udp4')
  const over = new AbortController()
  const timers: NodeJS.Timeout[] = []
  try {
    socket.bind(0, lanIp)
    await once(socket, 'listening', { signal: AbortSignal.any([signal, over.signal]) })
    socket.setMulticastInterface(lanIp)
    socket.setMulticastTTL(hops)
    return await new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason), { once: true, signal: over.signal })
      // A network card that has gone is as silent as one without a router.
      socket.on('error', () => resolve(undefined))
      socket.on('message', (message, { address }) => {
        const found = readSearchAnswer(message.toString('latin1'), address)
        if (found !== undefined) resolve(found)
      })
      const ask = () => {
        for (const target of wanted) socket.send(searchMessage(target), group.port, group.address)
      }
      timers.push(
        ...askedAfterMs.map(ms => setTimeout(ask, ms)),
        setTimeout(() => resolve(undefined), searchMs),
      )
    })
  } catch (error) {
    signal.throwIfAborted()
    if (isSystemError(error)) return undefined
    throw error
  } finally {
    for (const timer of timers) clearTimeout(timer)
    over.abort()
    socket.close()
  }
}

function searchMessage(target: string): string {
  const { address, port } = group
  const lines = ['M-SEARCH * HTTP/1.1', `HOST: ${address}:${port}`, 'MAN: "ssdp:discover"', 'MX: 1', `ST: ${target}`]
  return `${lines.join('\r\n')}\r\n\r\n`
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}
