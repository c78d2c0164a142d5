import { z } from 'zod'
import { languageChoiceSchema } from '../strings/language.ts'
import { defaultLimits, gpuPauseSchema, limitsSchema, overrideSchema } from './limits.ts'
import { locationSchema, multiaddrTextSchema, networkNameSchema, serviceTypeSchema } from './primitives.ts'
import { tunnelUrlSchema } from './seeds.ts'
import { engineSettingsSchema, readingSettingsSchema, upstreamSettingsSchema } from './service-settings.ts'
import { tunnelSettingsSchema } from './tunnel.ts'

export const serviceSettingsSchema = z.strictObject({
  enabled: z.boolean(),
  /** Jobs at once; missing: chosen from the machine. */
  slots: z.number().int().min(1).max(64).optional(),
  /** The server that does the work, for services that are not built in. */
  upstream: upstreamSettingsSchema.optional(),
})

/** How what was given is kept and reckoned; see the energy estimate in docs/operations.md. */
export const contributionSettingsSchema = z.strictObject({
  /** Single jobs are kept this long; the totals of each day for good. */
  keepDays: z.number().int().min(1).max(3_650),
  wattsPerThread: z.number().min(0).max(1_000),
  gpuWatts: z.number().min(0).max(10_000),
  /** Of one kWh. */
  price: z.strictObject({ amount: z.number().min(0).max(1_000), currency: z.string().regex(/^[A-Z]{3}$/) }).optional(),
})
export type ContributionSettings = z.infer<typeof contributionSettingsSchema>

/** What the owner of this machine has chosen. Lives in settings.json; environment variables override parts of it. */
export const settingsSchema = z.strictObject({
  version: z.literal(1),
  /** Donate Compute is on. */
  donating: z.boolean(),
  /** The donor has read and accepted that other people's documents pass through this machine. */
  consent: z.boolean(),
  /** What runs is finished, then `donating` goes off. */
  finishing: z.boolean(),
  /** No work on graphics cards. */
  gpuPause: gpuPauseSchema.optional(),
  /** A pause, or leave to work although rules would hold it up. */
  override: overrideSchema.optional(),
  limits: limitsSchema,
  contribution: contributionSettingsSchema,
  location: locationSchema.optional(),
  network: z.strictObject({
    name: networkNameSchema,
    /** Ed25519 public key of the network's CA, base64url; missing: an open network. */
    caPublicKey: z
      .string()
      .regex(/^[A-Za-z0-9_-]{43}$/)
      .optional(),
    /** Multiaddrs, with peer ids, of nodes to try first. */
    seeds: z.array(multiaddrTextSchema).max(64),
    /** HTTP addresses of coordinators, where seeds and certificates are to be had. */
    coordinatorUrls: z.array(tunnelUrlSchema).max(8).optional(),
    /** Find peers on the same LAN by multicast DNS. */
    mdns: z.boolean(),
    /** Pass on what others send to donors that cannot be reached, where this node can be. */
    relay: z.boolean().default(false),
    /** Ask the router to forward a port where others cannot reach this node otherwise (UPnP, NAT-PMP). */
    portMapping: z.boolean().default(true),
    /** IP addresses to listen on. */
    listen: z
      .array(z.union([z.ipv4(), z.ipv6()]))
      .min(1)
      .max(8),
  }),
  /** Take part in the network's VPN, where it has one. */
  vpn: z.strictObject({ enabled: z.boolean() }),
  tunnel: tunnelSettingsSchema,
  services: z.record(serviceTypeSchema, serviceSettingsSchema),
  /** Language engines on this machine. */
  engines: engineSettingsSchema.optional(),
  /** How documents are read. */
  reading: readingSettingsSchema.optional(),
  /** How this node's own requests are sent. */
  requests: z.strictObject({
    /** Ask a second worker where one takes longer than 19 of 20 answers of the service do. */
    hedging: z.boolean(),
    /** Have some answers computed by a second worker, who gets the document too, to find those that give false results. */
    spotChecks: z.boolean().default(true),
  }),
  /** The owner has been through the first run, or left it out. */
  welcomed: z.boolean(),
  appearance: z.strictObject({ theme: z.enum(['system', 'light', 'dark']), language: languageChoiceSchema }),
})
export type Settings = z.infer<typeof settingsSchema>

export const defaultSettings: Settings = {
  version: 1,
  donating: false,
  consent: false,
  finishing: false,
  limits: defaultLimits,
  contribution: { keepDays: 365, wattsPerThread: 3.5, gpuWatts: 150 },
  network: { name: 'local', seeds: [], mdns: true, relay: false, portMapping: true, listen: ['0.0.0.0', '::'] },
  vpn: { enabled: false },
  tunnel: { kind: 'off' },
  services: {
    ocr: { enabled: true },
    'ner-extraction': { enabled: true },
    'llm-inference': { enabled: false },
    'vision-ocr': { enabled: false },
  },
  requests: { hedging: false, spotChecks: true },
  welcomed: false,
  appearance: { theme: 'system', language: 'system' },
}

/** Parts that may be missing: null takes them out. */
const removable = {
  location: settingsSchema.shape.location.nullable(),
  engines: settingsSchema.shape.engines.nullable(),
  reading: settingsSchema.shape.reading.nullable(),
}

/** A change to the settings: only the named top-level parts are replaced. What the owner wants done now is not among them. */
export const settingsPatchSchema = settingsSchema
  .omit({ version: true, donating: true, consent: true, finishing: true, gpuPause: true, override: true })
  .partial()
  .extend(removable)
export type SettingsPatch = z.infer<typeof settingsPatchSchema>

/** The settings after a change; it is for the caller to check that they are valid. */
export function changedBy(settings: Settings, patch: SettingsPatch): Settings {
  const changes = Object.entries(patch).filter(([, value]) => value !== undefined)
  const removed = new Set(changes.flatMap(([part, value]) => (value === null ? [part] : [])))
  const merged = { ...settings, ...Object.fromEntries(changes) }
  return Object.fromEntries(Object.entries(merged).filter(([part]) => !removed.has(part))) as Settings
}
