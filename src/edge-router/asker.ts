import { z } from 'zod'
import type { Point } from './distance.ts'

/** What Cloudflare says of where a request came from; all of it may be missing. */
const placeSchema = z
  .object({
    latitude: z.coerce.number().min(-90).max(90),
    longitude: z.coerce.number().min(-180).max(180),
    continent: z.string(),
  })
  .partial()
  .catch({})

/** About the middle of where people live. */
const continents: Record<string, Point> = {
  AF: { latitude: 6, longitude: 17 },
  AS: { latitude: 28, longitude: 95 },
  EU: { latitude: 50, longitude: 10 },
  NA: { latitude: 39, longitude: -92 },
  OC: { latitude: -33, longitude: 148 },
  SA: { latitude: -19, longitude: -55 },
}

/** Where a request came from, by its `cf` property. */
export function askerOf(request: Request): Point | undefined {
  const { latitude, longitude, continent = '' } = placeSchema.parse((request as { cf?: unknown }).cf ?? {})
  return latitude !== undefined && longitude !== undefined ? { latitude, longitude } : continents[continent]
}
