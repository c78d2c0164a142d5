import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'
import { seededRandom } from '../scripted-node.ts'
import { type Fault, FaultyPipe } from './faulty-pipe.ts'

interface Link {
  from: string
  /** Undefined where it leads to no node. */
  to: string | undefined
  sockets: readonly [Socket, Socket]
  pipes: readonly [FaultyPipe, FaultyPipe]
}

const longestPreamble = 128

/** What all connections between nodes go through, so that each way between two of them can be made worse. */
export class FaultProxy {
  readonly #server: Server
  readonly #random: () => number
  readonly #names = new Map<number, string>()
  readonly #faults = new Map<string, Fault>()
  readonly #links = new Set<Link>()

  constructor({ seed }: { seed: number }) {
    this.#random = seededRandom(seed)
    this.#server = createServer(socket => this.#accept(socket))
  }

  async start(): Promise<void> {
    await new Promise<void>(resolve => this.#server.listen(0, '127.0.0.1', resolve))
  }

  stop(): void {
    this.#server.close()
    for (const { sockets } of this.#links) for (const socket of sockets) socket.destroy()
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** The node that listens on a port; what leads elsewhere is passed on as it comes. */
  name(port: number, name: string): void {
    this.#names.set(port, name)
  }

  /** Both ways between two nodes; of connections that are open as of later ones. */
  between(one: string, other: string, fault: Fault): void {
    this.#faults.set(wayOf(one, other), fault)
    this.#faults.set(wayOf(other, one), fault)
    this.#look()
  }

  heal(): void {
    this.#faults.clear()
    this.#look()
  }

  /** Breaks the connections between two nodes, as a router does that has lost its state; how many those were. */
  reset(one: string, other: string): number {
    const broken = [...this.#links].filter(
      ({ from, to }) => (from === one && to === other) || (from === other && to === one),
    )
    for (const { sockets } of broken) for (const socket of sockets) socket.resetAndDestroy()
    return broken.length
  }

  #look(): void {
    for (const { pipes } of this.#links) for (const pipe of pipes) pipe.look()
  }

  #accept(dialler: Socket): void {
    dialler.on('error', () => undefined)
    dialler.setNoDelay(true)
    let read = Buffer.alloc(0)
    const onData = (bytes: Buffer) => {
      read = Buffer.concat([read, bytes])
      const end = read.indexOf('\n')
      if (end < 0 && read.length < longestPreamble) return
      dialler.off('data', onData)
      dialler.pause()
      const [from = '', port = '0'] = read.subarray(0, Math.max(0, end)).toString().split(' ')
      this.#connect(dialler, { from, port: Number(port), rest: read.subarray(end + 1) })
    }
    dialler.on('data', onData)
  }

  #connect(dialler: Socket, { from, port, rest }: { from: string; port: number; rest: Buffer }): void {
    const to = this.#names.get(port)
    const answerer = connect({ host: '127.0.0.1', port, noDelay: true, allowHalfOpen: true })
    answerer.on('error', () => undefined)
    const fault = (one: string, other: string | undefined) => () =>
      (other === undefined ? undefined : this.#faults.get(wayOf(one, other))) ?? {}
    const back = to === undefined ? () => ({}) : fault(to, from)
    const pipes = [
      new FaultyPipe(dialler, answerer, fault(from, to), this.#random),
      new FaultyPipe(answerer, dialler, back, this.#random),
    ] as const
    const link: Link = { from, to, sockets: [dialler, answerer], pipes }
    this.#links.add(link)
    for (const socket of link.sockets)
      socket.once('close', () => {
        if (link.sockets.every(each => each.destroyed)) this.#links.delete(link)
      })
    if (rest.length > 0) dialler.unshift(rest)
    dialler.resume()
  }
}

function wayOf(from: string, to: string): string {
  return `${from} → ${to}`
}
