import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Milliseconds, second } from '../../shared/units.ts'
import { type Router, RouterRefused, type WantedPort } from './router.ts'

/** RFC 6886. */
const routerPort = 5351
const operations = { externalIp: 0, mapTcp: 2 } as const
type Operation = (typeof operations)[keyof typeof operations]
/** The standard doubles these up to a minute; a router on the same LAN has answered long before. */
const triesMs: Milliseconds[] = [0.25 * second, 0.5 * second]
const refusals: Record<number, string> = {
  1: 'it speaks another version of NAT-PMP',
  2: 'its owner has switched port forwarding off',
  3: 'it has no address of its own at present',
  4: 'it has no ports left',
  5: 'it cannot forward TCP ports',
}

/** RFC 6886, sections 3.2 and 3.3. Lifetime 0 closes the port. Pure. */
export function natPmpRequest(operation: Operation, { internalPort, externalPort, lifetimeMs }: WantedPort): Buffer {
  if (operation === operations.externalIp) return Buffer.from([0, operation])
  const request = Buffer.alloc(12)
  request.writeUInt8(operation, 1)
  request.writeUInt16BE(internalPort, 4)
  request.writeUInt16BE(externalPort, 6)
  request.writeUInt32BE(Math.round(lifetimeMs / second), 8)
  return request
}

/** What an answer says; undefined where it is none to this operation. Throws RouterRefused. Pure. */
export function readNatPmpAnswer(operation: Operation, answer: Buffer): { ip: string } | { port: number } | undefined {
  if (answer.length < 8 || answer.readUInt8(0) !== 0 || answer.readUInt8(1) !== 128 + operation) return undefined
  const result = answer.readUInt16BE(2)
  if (result !== 0) throw new RouterRefused(refusals[result] ?? `NAT-PMP result ${result}`)
  if (operation === operations.externalIp)
    return answer.length < 12 ? undefined : { ip: answer.subarray(8, 12).join('.') }
  return answer.length < 16 ? undefined : { port: answer.readUInt16BE(10) }
}

/** The router at `address`, where it speaks NAT-PMP. Rejects with the signal's reason only. */
export async function findNatPmpRouter(
  address: string,
  lanIp: string,
  signal: AbortSignal,
): Promise<Router | undefined> {
  const ask = (operation: Operation, wanted: WantedPort, signal: AbortSignal) =>
    exchange({ address, lanIp, operation, wanted }, signal)
  const router: Router = {
    protocol: 'nat-pmp',
    lanIp,
    async externalIp(signal) {
      const answer = await ask(operations.externalIp, nothing, signal)
      return 'ip' in answer ? answer.ip : ''
    },
    async open(wanted, signal) {
      const answer = await ask(operations.mapTcp, wanted, signal)
      return 'port' in answer ? answer.port : 0
    },
    async close({ internalPort }, signal) {
      await ask(operations.mapTcp, { ...nothing, internalPort }, signal)
    },
  }
  try {
    await router.externalIp(signal)
  } catch (error) {
    signal.throwIfAborted()
    if (!(error instanceof RouterRefused)) return undefined
  }
  return router
}

const nothing: WantedPort = { internalPort: 0, externalPort: 0, lifetimeMs: 0 }

interface Exchange {
  address: string
  lanIp: string
  operation: Operation
  wanted: WantedPort
}

/** Rejects where nothing is heard. A connected socket takes packets from that router alone. */
async function exchange(
  { address, lanIp, operation, wanted }: Exchange,
  signal: AbortSignal,
): Promise<{ ip: string } | { port: number }> {
  const socket = createSocket('udp4')
  const over = new AbortController()
  const either = AbortSignal.any([signal, over.signal])
  try {
    socket.bind(0, lanIp)
    await once(socket, 'listening', { signal: either })
    socket.connect(routerPort, address)
    await once(socket, 'connect', { signal: either })
    const answered = new Promise<{ ip: string } | { port: number }>((resolve, reject) => {
      socket.on('error', reject)
      socket.on('message', message => {
        try {
          const answer = readNatPmpAnswer(operation, message)
          if (answer !== undefined) resolve(answer)
        } catch (error) {
          reject(error)
        }
      })
    })
    answered.catch(() => undefined)
    for (const waitMs of triesMs) {
      socket.send(natPmpRequest(operation, wanted))
      const answer = await Promise.race([answered, silence(waitMs, either)])
      if (answer !== undefined) return answer
    }
    throw new Error(`nothing at ${address} speaks NAT-PMP`)
  } finally {
    over.abort()
    socket.close()
  }
}

function silence(ms: Milliseconds, signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(undefined), ms)
    signal.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
