import type { RoutedAnswer } from '../../src/main/routing/routed-answer.ts'
import { KiB, minute } from '../../src/shared/units.ts'
import { elapsed } from '../timing.ts'
import { lightService } from './light-services.ts'
import type { RoutingNode } from './routing-node.ts'

/** What is sent, and comes back. */
export const payload = Buffer.alloc(KiB, 'x')
/** Sent before a measurement begins, so that connections are open and code is compiled. */
export const warmUps = 500

let sent = 0

/** Has a node's router find somebody to send the payload back. Resolves at the end of the answer. */
export async function forward({ router }: Pick<RoutingNode, 'router'>): Promise<RoutedAnswer> {
  const answer = await router.route({
    id: `bench-${String(sent++).padStart(8, '0')}`,
    service: lightService,
    requester: 'bench',
    contentType: 'application/octet-stream',
    accept: '',
    body: singly(payload),
    declaredBytes: payload.length,
    deadlineAt: Date.now() + minute,
    signal: new AbortController().signal,
  })
  let bytes = 0
  if (answer.body instanceof Uint8Array) bytes = answer.body.length
  else for await (const chunk of answer.body) bytes += chunk.byteLength
  if (bytes !== payload.length) throw new Error(`expected ${payload.length} bytes back, got ${bytes}`)
  return answer
}

/** How long each of so many requests takes, one after the other, in milliseconds. */
export async function oneByOne(ask: () => Promise<unknown>, count: number, signal: AbortSignal): Promise<number[]> {
  const times: number[] = []
  for (let index = 0; index < warmUps + count; index++) {
    signal.throwIfAborted()
    times.push(await elapsed(ask))
  }
  return times.slice(warmUps)
}

async function* singly(bytes: Uint8Array) {
  yield bytes
}
