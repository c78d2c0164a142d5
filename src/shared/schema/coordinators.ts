import { z } from 'zod'
import { locationSchema, multiaddrTextSchema, peerIdSchema } from './primitives.ts'

/** A coordinator that this node knows of. */
export const coordinatorViewSchema = z.object({
  peerId: peerIdSchema,
  /** With the peer id. */
  addresses: z.array(multiaddrTextSchema),
  /** Of its HTTP API, where it has one that others reach. */
  url: z.string().optional(),
  location: locationSchema.optional(),
  /** In the network's VPN, where it is a lighthouse. */
  vpnIp: z.ipv4().optional(),
  connected: z.boolean(),
  /** What a ping took, in milliseconds; missing where it was not measured. */
  rttMs: z.number().min(0).optional(),
})
export type CoordinatorView = z.infer<typeof coordinatorViewSchema>

/** The network's fixed points, as this node knows them. */
export const coordinatorsSnapshotSchema = z.object({
  /** Nearest first. */
  coordinators: z.array(coordinatorViewSchema),
  /** Requests this node has sent to the edge router since midnight UTC. */
  edgeRequestsToday: z.number().int().min(0),
})
export type CoordinatorsSnapshot = z.infer<typeof coordinatorsSnapshotSchema>
