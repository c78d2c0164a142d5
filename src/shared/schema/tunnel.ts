import { z } from 'zod'
import { timestampSchema } from './primitives.ts'

const hostNameSchema = z
  .string()
  .max(253)
  .regex(/^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}$/, 'expected a host name such as donor.example.org')

/** A tunnel of Cloudflare's that leads to this node: a quick one with a name for once, or the owner's own. */
export const tunnelSettingsSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('off') }),
  z.strictObject({ kind: z.literal('quick') }),
  z.strictObject({
    kind: z.literal('named'),
    /** Path of a file that holds the tunnel's token and that only its owner may read. */
    tokenFile: z.string().min(1).max(1_024),
    /** The tunnel's public name; missing: as its configuration at Cloudflare says. */
    hostname: hostNameSchema.optional(),
  }),
])
export type TunnelSettings = z.infer<typeof tunnelSettingsSchema>

/** How the tunnel is; `why` is for the owner to read. */
export const tunnelSchema = z.discriminatedUnion('kind', [
  /** It is not wanted. */
  z.object({ kind: z.literal('stopped') }),
  /** There is no cloudflared on this machine. */
  z.object({ kind: z.literal('unavailable'), why: z.string() }),
  z.object({ kind: z.literal('starting') }),
  /** It has a URL, but nobody has come through it yet. */
  z.object({ kind: z.literal('connecting'), url: z.string() }),
  z.object({ kind: z.literal('ready'), url: z.string(), since: timestampSchema }),
  z.object({ kind: z.literal('backing-off'), why: z.string(), until: timestampSchema }),
  /** It is not tried again as it is set up now. */
  z.object({ kind: z.literal('failed'), why: z.string() }),
])
export type TunnelView = z.infer<typeof tunnelSchema>

/** Whether the node can get cloudflared onto this machine; the owner is asked first. */
export const installOfferSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('here'), path: z.string(), version: z.string() }),
  /** `source`: the host that it comes from. */
  z.object({ kind: z.literal('offered'), version: z.string(), bytes: z.number().int(), source: z.string() }),
  /** No checksum is pinned for such a machine: `instructions` is where owners get it by themselves. */
  z.object({ kind: z.literal('not-offered'), instructions: z.string() }),
])
export type InstallOffer = z.infer<typeof installOfferSchema>

/** How far the download of cloudflared is, in bytes; at last where it lies. */
export const installStepSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('progress'), received: z.number().int(), total: z.number().int() }),
  z.object({ kind: z.literal('here'), path: z.string(), version: z.string() }),
])
export type InstallStep = z.infer<typeof installStepSchema>
