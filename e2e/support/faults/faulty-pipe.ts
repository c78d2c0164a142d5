import type { Socket } from 'node:net'

/** What befalls bytes on one way between two nodes. */
export interface Fault {
  latencyMs?: number
  /** As much may be added to the latency of each piece. */
  jitterMs?: number
  /** How many of the pieces are held up as if their packet was lost and had to be sent again. */
  lossShare?: number
  retransmitMs?: number
  bytesPerSecond?: number
  /** Nothing arrives and nobody is told, as with a cable that was pulled out. What is sent meanwhile arrives afterwards. */
  cut?: boolean
}

const defaultRetransmitMs = 300
/** More is not taken from the sender, as a kernel's buffers would not. */
const mostHeldBytes = 1_048_576

interface Piece {
  bytes: Buffer
  dueAt: number
}

/** Carries bytes from one socket to another, late, slowly or not at all; in their order, and none is altered or dropped. */
export class FaultyPipe {
  readonly #from: Socket
  readonly #to: Socket
  readonly #fault: () => Fault
  readonly #random: () => number
  readonly #pieces: Piece[] = []
  #heldBytes = 0
  #lastDueAt = 0
  #timer: NodeJS.Timeout | undefined
  #ended: 'not' | 'closed' | 'broken' = 'not'

  constructor(from: Socket, to: Socket, fault: () => Fault, random: () => number) {
    this.#from = from
    this.#to = to
    this.#fault = fault
    this.#random = random
    from.on('data', bytes => this.#take(bytes))
    from.once('end', () => this.#end('closed'))
    from.once('close', () => this.#end('broken'))
    to.on('drain', () => this.#pass())
  }

  /** To be called when the fault has changed. */
  look(): void {
    this.#pass()
  }

  #take(bytes: Buffer): void {
    const {
      latencyMs = 0,
      jitterMs = 0,
      lossShare = 0,
      retransmitMs = defaultRetransmitMs,
      bytesPerSecond,
    } = this.#fault()
    const delayMs = latencyMs + jitterMs * this.#random() + (this.#random() < lossShare ? retransmitMs : 0)
    const sendingMs = bytesPerSecond === undefined ? 0 : (bytes.length / bytesPerSecond) * 1_000
    // What comes later waits for what came before.
    const dueAt = Math.max(this.#lastDueAt, performance.now() + delayMs) + sendingMs
    this.#lastDueAt = dueAt
    this.#pieces.push({ bytes, dueAt })
    this.#heldBytes += bytes.length
    if (this.#heldBytes > mostHeldBytes) this.#from.pause()
    this.#pass()
  }

  #end(how: 'closed' | 'broken'): void {
    if (this.#ended === 'broken') return
    this.#ended = how
    this.#pass()
  }

  #pass(): void {
    clearTimeout(this.#timer)
    if (this.#fault().cut === true || this.#to.destroyed) return
    for (let piece = this.#pieces[0]; piece !== undefined; piece = this.#pieces[0]) {
      const waitMs = piece.dueAt - performance.now()
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pass(), waitMs)
        return
      }
      this.#pieces.shift()
      this.#heldBytes -= piece.bytes.length
      const goesOn = this.#to.write(piece.bytes)
      if (this.#heldBytes <= mostHeldBytes) this.#from.resume()
      if (!goesOn) return
    }
    if (this.#ended === 'closed') this.#to.end()
    else if (this.#ended === 'broken') this.#to.resetAndDestroy()
  }
}
