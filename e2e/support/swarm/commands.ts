import { z } from 'zod'
import { misdeeds } from './hostile.ts'
import { memberInitSchema } from './member.ts'

/** What a swarm process can be told to do. Members are known by their number, in the order they were started. */
export const commandSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('start'), init: memberInitSchema }),
  z.object({
    kind: z.literal('announce'),
    member: z.number(),
    service: z.string(),
    state: z.enum(['donating', 'paused']).default('donating'),
  }),
  z.object({ kind: z.literal('find'), member: z.number(), service: z.string(), limit: z.number().default(256) }),
  z.object({ kind: z.literal('state'), member: z.number() }),
  z.object({ kind: z.literal('registrars'), member: z.number(), key: z.string() }),
  z.object({ kind: z.literal('misbehave'), member: z.number(), misdeed: z.enum(misdeeds) }),
  z.object({ kind: z.literal('turn'), byMs: z.number() }),
])
export type Command = z.input<typeof commandSchema>

/** What each command answers. */
export interface Answers {
  start: { peerId: string; addresses: string[] }
  announce: null
  find: { peerId: string; state: string }[]
  state: MemberState
  registrars: string[]
  misbehave: null
  turn: null
}

export interface MemberState {
  /** Peers it is connected to. */
  peers: string[]
  /** Directory servers among them. */
  registrars: number
  /** Registrars that hold its newest record. */
  heldBy: number
  clockOffsetMs: number
  clockGroups: number
}

export const requestSchema = z.object({ id: z.number(), command: commandSchema })
export type Reply = { id: number; answer: unknown } | { id: number; error: string }

/** What a swarm process is given as its only argument, as JSON. */
export const processInitSchema = z.object({ clockAheadMs: z.number().default(0) })
export type ProcessInit = z.input<typeof processInitSchema>
