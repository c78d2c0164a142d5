import { z } from 'zod'
import { safeParse } from '../../../shared/safe-parse.ts'

const lineSchema = z.object({
  level: z.string().max(16),
  msg: z.string().max(2_048),
  error: z.string().max(2_048).optional(),
})

/** What a line of Nebula's log means for its supervisor. */
export type NebulaEvent =
  | { kind: 'ready' }
  /** The system does not let it have a network card. */
  | { kind: 'not-permitted'; text: string }
  | { kind: 'failed'; text: string }

/** Nothing of most lines, and of what is none of Nebula's. Pure. */
export function readNebulaLine(line: string): NebulaEvent | undefined {
  const { success, data } = safeParse(lineSchema, parseJson(line))
  if (!success) return undefined
  if (data.msg === 'Nebula interface is active') return { kind: 'ready' }
  if (!['error', 'fatal', 'panic'].includes(data.level)) return undefined
  const text = data.error === undefined ? data.msg : `${data.msg}: ${data.error}`
  const denied = /operation not permitted|permission denied|access is denied/i.test(text)
  return denied && /tun|device|interface/i.test(text) ? { kind: 'not-permitted', text } : { kind: 'failed', text }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
