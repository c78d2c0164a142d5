import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

/** How the node's place in the VPN is. */
export const vpnSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('off') }),
  /** A coordinator has to certify this node first. */
  z.object({ kind: z.literal('waiting') }),
  z.object({ kind: z.literal('starting'), ip: z.ipv4() }),
  z.object({ kind: z.literal('ready'), ip: z.ipv4() }),
  z.object({ kind: z.literal('backing-off'), until: timestampSchema, why: z.string() }),
  /** Nothing is tried again until the owner has done something: `todo` says what. */
  z.object({
    kind: z.literal('unavailable'),
    reason: z.enum(['open-network', 'not-installed', 'no-privilege']),
    why: z.string(),
    todo: z.string(),
  }),
])
export type VpnState = z.infer<typeof vpnSchema>
