import { z } from 'zod'
import { multiaddrTextSchema, timestampSchema } from './primitives.ts'
import { tunnelSchema } from './tunnel.ts'
import { vpnSchema } from './vpn.ts'

/** How one source of addresses did when it was last asked; `reached` of the `offered` addresses led to a connection. */
export const sourceTrySchema = z.object({
  source: z.string(),
  offered: z.number().int(),
  reached: z.number().int(),
  failure: z.string().optional(),
})
export type SourceTry = z.infer<typeof sourceTrySchema>

const levelSchema = z.enum(['good', 'note', 'problem'])

const addresses = z.array(multiaddrTextSchema)

/** One thing found out about this node's place in the network, with the values behind it; the reader puts it into words. */
export const findingSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('connected'), level: z.literal('good'), peers: z.number().int() }),
  z.object({
    kind: z.literal('alone'),
    level: z.literal('problem'),
    mdns: z.boolean(),
    tried: z.array(sourceTrySchema),
    nextTryAt: timestampSchema.optional(),
  }),
  z.object({ kind: z.literal('nowhere-to-look'), level: z.literal('problem') }),
  z.object({ kind: z.literal('this-machine-only'), level: z.literal('problem'), addresses }),
  z.object({ kind: z.literal('local-network-only'), level: z.literal('note'), addresses }),
  z.object({ kind: z.literal('public'), level: z.literal('good'), addresses }),
  /** A router lets others through to this machine, which has none of the addresses itself. */
  z.object({ kind: z.literal('mapped'), level: z.literal('good'), addresses }),
  /** Behind a router that lets nobody in; others come through relays. */
  z.object({ kind: z.literal('relayed'), level: z.literal('note'), relays: z.number().int(), port: z.number().int() }),
  z.object({ kind: z.literal('unreachable'), level: z.literal('problem'), port: z.number().int() }),
  /** A rule of the system's own firewall keeps others from this program. */
  z.object({ kind: z.literal('firewall-blocks'), level: z.literal('problem') }),
  /** Other nodes are connected, and none of them came by itself: a firewall may keep them out. */
  z.object({
    kind: z.literal('nobody-came'),
    level: z.literal('note'),
    port: z.number().int(),
    minutes: z.number().int(),
  }),
  /** The router forwards a port as this node has asked it to; `proven`: others have come through it. */
  z.object({
    kind: z.literal('port-mapped'),
    level: z.enum(['good', 'note']),
    port: z.number().int(),
    proven: z.boolean(),
  }),
  /** The router could forward a port, but does not. */
  z.object({ kind: z.literal('port-refused'), level: z.literal('note'), why: z.string() }),
  /** The router stands behind another one, so that a port of its is not reached from the internet. */
  z.object({ kind: z.literal('double-nat'), level: z.literal('note'), externalIp: z.string() }),
  /** None that could be asked to forward a port. */
  z.object({ kind: z.literal('no-router'), level: z.literal('note') }),
  z.object({
    kind: z.literal('port'),
    level: z.enum(['good', 'note']),
    /** What the port is for. */
    use: z.enum(['nodes', 'programs']),
    wanted: z.number().int(),
    inUse: z.number().int(),
  }),
  z.object({ kind: z.literal('clock-right'), level: z.literal('good'), groups: z.number().int() }),
  z.object({ kind: z.literal('clock-unknown'), level: z.literal('note'), groups: z.number().int() }),
  z.object({ kind: z.literal('clock-wrong'), level: z.literal('problem'), offsetMs: z.number() }),
  z.object({
    kind: z.literal('member'),
    level: z.enum(['good', 'note']),
    until: timestampSchema,
    /** Why the certificate could not be renewed so far. */
    failure: z.string().optional(),
  }),
  /** The others do not speak with this node. */
  z.object({
    kind: z.literal('no-member'),
    level: z.literal('problem'),
    state: z.enum(['expired', 'pending', 'outside']),
    failure: z.string().optional(),
  }),
  /** Only where the owner wants one. */
  z.object({ kind: z.literal('tunnel'), level: levelSchema, tunnel: tunnelSchema }),
  z.object({ kind: z.literal('vpn'), level: levelSchema, vpn: vpnSchema }),
  z.object({ kind: z.literal('announced'), level: z.literal('good'), registrars: z.number().int() }),
  z.object({ kind: z.literal('not-announced'), level: z.literal('problem') }),
])
export type Finding = z.infer<typeof findingSchema>

/** Why this node can or cannot take part, the most basic things first. */
export const diagnosisSchema = z.object({ findings: z.array(findingSchema) })
export type Diagnosis = z.infer<typeof diagnosisSchema>
