import { z } from 'zod'
import { capabilitiesSchema } from './capabilities.ts'
import {
  locationSchema,
  pathKindSchema,
  peerIdSchema,
  serviceTypeSchema,
  shareSchema,
  timestampSchema,
} from './primitives.ts'
import { workerStateSchema } from './worker.ts'

export const nodeRoleSchema = z.enum(['peer', 'worker', 'coordinator'])

/** A node somebody knows of. Fields a node has not announced are missing. */
export const topologyNodeSchema = z.object({
  peerId: peerIdSchema,
  self: z.boolean(),
  connected: z.boolean(),
  role: nodeRoleSchema,
  state: workerStateSchema.optional(),
  services: z.array(serviceTypeSchema),
  capabilities: capabilitiesSchema.optional(),
  load: shareSchema.optional(),
  location: locationSchema.optional(),
  lastSeen: timestampSchema,
})
export type TopologyNode = z.infer<typeof topologyNodeSchema>

export const topologyEdgeSchema = z.object({
  from: peerIdSchema,
  to: peerIdSchema,
  path: pathKindSchema,
  rttMs: z.number().min(0).optional(),
})
export type TopologyEdge = z.infer<typeof topologyEdgeSchema>

/** Where a node stands on the DHT's key-space ring: its Kademlia id as a share of the whole, 0 up to 1. */
export const ringPositionSchema = z.object({ peerId: peerIdSchema, position: z.number().min(0).lt(1) })

/**
 * The network as this node sees it, and the one source of every count shown.
 * `known` counts every node here but oneself, `connected` those with an open connection, `donating` workers whose
 * record says so, oneself included.
 */
export const topologySchema = z.object({
  nodes: z.array(topologyNodeSchema),
  edges: z.array(topologyEdgeSchema),
  ring: z.array(ringPositionSchema),
  counts: z.object({ connected: z.number().int(), known: z.number().int(), donating: z.number().int() }),
})
export type Topology = z.infer<typeof topologySchema>
