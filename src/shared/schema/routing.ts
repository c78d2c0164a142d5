import { z } from 'zod'
import { pathKindSchema, peerIdSchema, shareSchema } from './primitives.ts'

const countSchema = z.number().int().min(0)

/** The platform's routing statistics, counted since the node started. */
export const routingStatisticsSchema = z.object({
  /** Served by this node itself. */
  localRequests: countSchema,
  /** Answered by a worker. */
  forwardedRequests: countSchema,
  /** Answered through a coordinator. */
  coordinatorRequests: countSchema,
  failedRequests: countSchema,
  cacheHits: countSchema,
  cacheMisses: countSchema,
  dhtLookups: countSchema,
  cacheSize: countSchema,
  cacheHitRate: shareSchema,
  /** Share of the lookups that named a worker. */
  dhtHitRate: shareSchema,
  /** Share of the requests that were handed to a coordinator. */
  fallbackRate: shareSchema,
  /** Times that another worker was asked because one did not take or finish a request. */
  retriedRequests: countSchema,
  /** Requests sent to a second worker because the first took long, and how often the second was quicker. */
  hedgedRequests: countSchema,
  hedgesWon: countSchema,
})
export type RoutingStatistics = z.infer<typeof routingStatisticsSchema>

/** Upper bounds of the classes that latencies are counted in, in milliseconds; what is above the last has a class too. */
export const latencyBoundsMs: readonly number[] = [
  1, 2.5, 5, 10, 25, 50, 100, 250, 500, 1_000, 2_500, 5_000, 10_000, 30_000, 60_000, 120_000,
]

/** Latencies from sending a request to the first byte of its answer. `counts`: one for each class. */
export const latencyFiguresSchema = z.object({
  count: countSchema,
  sumMs: z.number().min(0),
  counts: z.array(countSchema).length(latencyBoundsMs.length + 1),
})
export type LatencyFigures = z.infer<typeof latencyFiguresSchema>

/** What the router did, in all, by service, by path, and with the workers it asked last. */
export const routingReportSchema = z.object({
  totals: routingStatisticsSchema,
  services: z.array(
    z.object({
      /** A service type, or `other` for all beyond the first sixteen. */
      service: z.string(),
      local: countSchema,
      forwarded: countSchema,
      coordinator: countSchema,
      failed: countSchema,
      latency: latencyFiguresSchema,
    }),
  ),
  paths: z.array(z.object({ path: pathKindSchema, latency: latencyFiguresSchema })),
  workers: z.array(
    z.object({
      worker: peerIdSchema,
      answers: countSchema,
      /** Mean of its last answers. */
      meanMs: z.number().min(0),
      inFlight: countSchema,
      circuit: z.enum(['closed', 'open', 'half-open']),
      /** What came of checking its answers with others; those that are distrusted are not asked. */
      trust: z.enum(['new', 'proven', 'doubted', 'distrusted']),
    }),
  ),
})
export type RoutingReport = z.infer<typeof routingReportSchema>

/** The latency that `share` of those counted do not exceed, by straight lines within a class; 0 without any. */
export function latencyQuantile({ count, counts }: LatencyFigures, share: number): number {
  let left = share * count
  for (const [index, inClass] of counts.entries()) {
    const below = latencyBoundsMs[index - 1] ?? 0
    if (inClass > 0 && left <= inClass) {
      const bound = latencyBoundsMs[index]
      return bound === undefined ? below : below + ((bound - below) * left) / inClass
    }
    left -= inClass
  }
  return 0
}
