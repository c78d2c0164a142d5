import { z } from 'zod'

const protocol = z.enum(['nat-pmp', 'upnp'])

/** Whether the router forwards a port to this node, as the node has asked it to. */
export const portMappingSchema = z.discriminatedUnion('kind', [
  /** The owner does not want it, or this node is none that would: a coordinator, or one that listens to this machine alone. */
  z.object({ kind: z.literal('off') }),
  /** Others reach this node without, or it has not turned out yet that they do not. */
  z.object({ kind: z.literal('not-needed') }),
  z.object({
    kind: z.literal('mapped'),
    protocol,
    externalIp: z.string(),
    externalPort: z.number().int(),
  }),
  z.object({ kind: z.literal('refused'), protocol, why: z.string() }),
  /** The router itself stands behind another one. */
  z.object({ kind: z.literal('double-nat'), protocol, externalIp: z.string() }),
  /** None that speaks UPnP or NAT-PMP. */
  z.object({ kind: z.literal('no-router') }),
])
export type PortMappingState = z.infer<typeof portMappingSchema>
