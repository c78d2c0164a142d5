import { existsSync, readFileSync } from 'node:fs'
import { getPriority } from 'node:os'
import { setTimeout as after } from 'node:timers/promises'
import { type Engine, RefusedDocument, serveEngine } from '../serve-engine.ts'

/** What {@link obey} understands; the body of a request to the test service is one of these in JSON. */
export type Order =
  | { do: 'echo'; text: string }
  | { do: 'parts'; count: number; everyMs: number }
  | { do: 'wait'; ms: number }
  | { do: 'refuse' }
  | { do: 'throw'; quoting: string }
  | { do: 'throw-later'; quoting: string }
  | { do: 'exit'; code: number }
  | { do: 'allocate' }
  | { do: 'block' }
  | { do: 'talk-nonsense' }
  | { do: 'print'; text: string }
  | { do: 'environment' }

/** An engine for tests: it does, for good or ill, what its document says. */
const engine: Engine = {
  async run({ bytes }, emit) {
    const order = JSON.parse(new TextDecoder().decode(bytes)) as Order
    return await obey(order, emit)
  },
}

async function obey(order: Order, emit: (part: unknown) => void): Promise<unknown> {
  switch (order.do) {
    case 'echo':
      return order.text
    case 'parts':
      for (let number = 1; number <= order.count; number++) {
        if (order.everyMs > 0) await after(order.everyMs)
        emit(number)
      }
      return order.count
    case 'wait':
      await after(order.ms)
      return 'waited'
    case 'refuse':
      throw new RefusedDocument('BAD_INPUT', 'expected something else', { position: 7 })
    case 'throw':
      throw new TypeError(`cannot read ${order.quoting}`)
    case 'throw-later':
      setTimeout(() => {
        throw new TypeError(`cannot read ${order.quoting}`)
      })
      return await after(60_000)
    case 'exit':
      return process.exit(order.code)
    case 'allocate':
      return allocate()
    case 'block':
      for (;;) Math.sqrt(2)
    case 'talk-nonsense':
      process.send?.({ kind: 'nonsense' })
      return await after(60_000)
    case 'print':
      process.stderr.write(`${order.text}\n`)
      return 'printed'
    case 'environment':
      return { environment: process.env, priority: getPriority(), dumpFilter: dumpFilter() }
  }
}

/** What of this process's memory Linux would put into a core dump, as a mask; undefined elsewhere. */
function dumpFilter(): string | undefined {
  const file = '/proc/self/coredump_filter'
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined
}

/** Fills memory outside the JavaScript heap, as native code does, without ever giving way to another event. */
function allocate(): never {
  const held: Buffer[] = []
  for (;;) held.push(Buffer.alloc(4 * 1_024 * 1_024, held.length % 251))
}

serveEngine(import.meta.url, async () => engine)
