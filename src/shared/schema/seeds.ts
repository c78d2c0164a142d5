import { z } from 'zod'
import { safeParse } from '../safe-parse.ts'
import { hour, KiB, minute, second } from '../units.ts'
import { locationSchema, multiaddrTextSchema, peerIdSchema, timestampSchema } from './primitives.ts'

/** Most seeds in one answer. */
export const maxSeeds = 20
/** How long an answer may be kept by caches on the way, in milliseconds. */
export const seedsTtlMs = 5 * minute
/** How long a seed's envelope counts, so how long a node may keep it. */
export const seedLifeMs = 48 * hour
/** Longest envelope in characters: 8 addresses and the longest certificate fit. */
export const maxEnvelopeLength = 10 * KiB

/** Where plain HTTP reaches a coordinator; without TLS only on the machine itself, for trying things out. */
export const tunnelUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(256)
  .refine(isSafeUrl, 'expected an https address without a path, or http on loopback')

/** What a coordinator says of itself, in the platform's snake_case, signed and shown alike. */
export const seedClaimsSchema = z.strictObject({
  /** Its HTTP API; null where it has none that others reach. */
  tunnel_url: tunnelUrlSchema.nullable(),
  dht_port: z.number().int().min(1).max(65_535),
  location: locationSchema.nullable(),
  /** Ends in `/p2p/<node_id>`, best first. */
  multiaddrs: z.array(multiaddrTextSchema).max(8),
})
export type SeedClaims = z.infer<typeof seedClaimsSchema>

/** One coordinator. What counts is what its envelope says; the rest repeats it for who cannot check signatures. */
export const seedSchema = seedClaimsSchema.extend({
  /** The coordinator's peer id. */
  node_id: peerIdSchema,
  envelope: z.string().min(1).max(maxEnvelopeLength),
})
export type Seed = z.infer<typeof seedSchema>

/** Answer of `GET /api/dht/bootstrap`, at a coordinator and at the edge router. */
export const bootstrapSchema = z.strictObject({
  seeds: z.array(seedSchema).max(maxSeeds),
  /** Seconds. */
  ttl: z.literal(seedsTtlMs / second),
  count: z.number().int().min(0).max(maxSeeds),
  issued_at: timestampSchema,
})
export type BootstrapAnswer = z.infer<typeof bootstrapSchema>

/** The header that goes with the answer. */
export const bootstrapCacheControl = `public, max-age=${seedsTtlMs / second}`

/** Makes the answer of seeds that are in order; what is over the limit is left out. */
export function bootstrapAnswer(seeds: readonly Seed[], now: number): BootstrapAnswer {
  const kept = seeds.slice(0, maxSeeds)
  return { seeds: kept, ttl: seedsTtlMs / second, count: kept.length, issued_at: now }
}

/** What a node takes from an answer: the envelopes. Others' fields and faults beside them are no reason to refuse it. */
const envelopesSchema = z.object({ seeds: z.array(z.object({ envelope: z.string() })).max(256) })

/** At most 20 envelopes of an answer, not verified; undefined where it is no answer of this kind. */
export function envelopesOf(answer: unknown): string[] | undefined {
  const parsed = safeParse(envelopesSchema, answer)
  return parsed.success ? parsed.data.seeds.slice(0, maxSeeds).map(seed => seed.envelope) : undefined
}

function isSafeUrl(text: string): boolean {
  const url = URL.parse(text)
  if (url === null || url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') return false
  return url.pathname === '/' && (url.protocol === 'https:' || isLoopback(url.hostname))
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname)
}
