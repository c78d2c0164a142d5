import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

/** Why a place in the VPN was lost: its certificate has ended, or was taken back. */
export const vpnLossSchema = z.enum(['expired', 'blocked'])
export type VpnLoss = z.infer<typeof vpnLossSchema>

/** How the node's place in the VPN is. */
export const vpnSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  /** A coordinator has to certify this node first. */
  z.object({ kind: z.literal('waiting'), lost: vpnLossSchema.optional() }),
  z.object({ kind: z.literal('starting'), ip: z.ipv4() }),
  z.object({ kind: z.literal('ready'), ip: z.ipv4() }),
  z.object({ kind: z.literal('backing-off'), until: timestampSchema, why: z.string() }),
  /** Nothing is tried again until the owner has done something: `todo` says what. */
  z.object({
    kind: z.literal('unavailable'),
    reason: z.enum(['open-network', 'not-installed', 'no-privilege', 'config-refused']),
    why: z.string(),
    todo: z.string(),
  }),
])
export type VpnState = z.infer<typeof vpnSchema>
