import { type Milliseconds, minute, second } from '../../shared/units.ts'
import { isResting } from '../resting.ts'

const failuresToOpen = 2
const firstRestMs = 5 * second
const longestRestMs = 5 * minute

/**
 * Whether a worker is worth asking, judged by how requests to it ended. `closed`: ask it. `open`: it failed twice in a
 * row, or was silent once, and rests, 5 s the first time and twice as long after each failed probe, up to 5 min. `half-open`: it has rested,
 * and one request probes it; no other is sent meanwhile. `since` is when it opened.
 */
export type Circuit =
  | { kind: 'closed'; failures: number }
  | { kind: 'open'; since: Milliseconds; until: Milliseconds; rests: number }
  | { kind: 'half-open'; rests: number }

/**
 * How a request ended. `silent`: the worker gave no sign of life for as long as could be waited, and would cost the next
 * request as much. `unknown`: it was given up, which says nothing of the worker.
 */
export type RequestEnding = 'alive' | 'failed' | 'silent' | 'unknown'

export const closedCircuit: Circuit = { kind: 'closed', failures: 0 }

/** Whether a request may be sent now. */
export function isPassable(circuit: Circuit, now: Milliseconds): boolean {
  return circuit.kind === 'closed' || (circuit.kind === 'open' && !isResting(circuit.until, now, longestRestMs))
}

/** What becomes of it when a request is sent; that request is the `probe` when it is the first after a rest. */
export function afterSending(circuit: Circuit, now: Milliseconds): { circuit: Circuit; probe: boolean } {
  if (circuit.kind !== 'open' || isResting(circuit.until, now, longestRestMs)) return { circuit, probe: false }
  return { circuit: { kind: 'half-open', rests: circuit.rests }, probe: true }
}

/**
 * What becomes of it when the worker says that it can be reached elsewhere: how long it rests was learnt where it was before. It is
 * probed after the shortest rest, so that one that names another place with every record costs no more than a probe in 5 s.
 */
export function afterMoving(circuit: Circuit): Circuit {
  return circuit.kind === 'open' ? { ...circuit, until: Math.min(circuit.until, circuit.since + firstRestMs) } : circuit
}

/**
 * What becomes of it when a request ends. Requests that were under way when it opened fail together and count once: they
 * tell of one mishap, not of many.
 */
export function afterEnding(
  circuit: Circuit,
  { ending, probe }: { ending: RequestEnding; probe: boolean },
  now: Milliseconds,
): Circuit {
  if (ending === 'alive') return closedCircuit
  switch (circuit.kind) {
    case 'closed': {
      if (ending === 'unknown') return circuit
      const failures = ending === 'silent' ? failuresToOpen : circuit.failures + 1
      return failures < failuresToOpen ? { kind: 'closed', failures } : opened(0, now)
    }
    case 'open':
      return circuit
    case 'half-open':
      if (!probe) return circuit
      return ending === 'unknown'
        ? { kind: 'open', since: now, until: now, rests: circuit.rests }
        : opened(circuit.rests + 1, now)
  }
}

function opened(rests: number, now: Milliseconds): Circuit {
  return { kind: 'open', since: now, until: now + Math.min(longestRestMs, firstRestMs * 2 ** rests), rests }
}
