import { z } from 'zod'
import { languageCodeSchema, mostLanguages } from './primitives.ts'

const MiBytes = 1_024 * 1_024

/** The host that a URL names, as URLs write it; empty for what is none. */
function hostOf(url: string): string {
  return URL.parse(url)?.hostname ?? ''
}

/** Whether a URL's host is this machine. */
function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(hostname)
}

/** Addresses that machines give themselves; clouds hand out secrets there. */
function isLinkLocalHost(hostname: string): boolean {
  return /^169\.254\./.test(hostname) || /^\[(?:fe[89ab]|::ffff:a9fe)/i.test(hostname)
}

const httpUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(500)
  .refine(url => /^https?:\/\/[^/@]*(?:\/|$)/.test(url), 'expected no user name in the URL')
  .refine(url => !isLinkLocalHost(hostOf(url)), 'expected no link-local address')

const mediaTypeSchema = z.string().regex(/^[a-z0-9.+-]+\/[a-z0-9.+-]+$/, 'expected a media type in lower case')

/**
 * A server on this machine, or on a host that is listed, that does the work of a service. All of it is the donor's word;
 * nothing in a request changes where it goes.
 */
export const upstreamSettingsSchema = z
  .strictObject({
    /** Requests are posted here. */
    url: httpUrlSchema,
    /** Hosts other than this machine that the URL may name. */
    hosts: z.array(z.string().min(1).max(253)).max(8).default([]),
    /** Path, on the same server, that answers 200 while it is well. */
    health: z.string().startsWith('/').max(200).default('/health'),
    /** Media types of bodies; missing: any. */
    accepts: z.array(mediaTypeSchema).min(1).max(32).optional(),
    maxBytes: z
      .number()
      .int()
      .min(1)
      .max(128 * MiBytes)
      .default(25 * MiBytes),
    /** Largest answer. */
    maxAnswerBytes: z
      .number()
      .int()
      .min(1)
      .max(1_024 * MiBytes)
      .default(128 * MiBytes),
    /** To ask twice does no harm. */
    idempotent: z.boolean().default(false),
    /** What the machine must have. */
    needs: z
      .strictObject({
        memoryMiB: z.number().int().min(0).max(67_108_864).default(0),
        vramMiB: z.number().int().min(0).max(4_194_304).default(0),
      })
      .default({ memoryMiB: 0, vramMiB: 0 }),
    /** How long the server may say nothing. */
    stallSeconds: z.number().int().min(1).max(1_800).default(120),
  })
  .refine(({ url, hosts }) => isLoopbackHost(hostOf(url)) || hosts.includes(hostOf(url)), {
    error: 'expected a URL on this machine, or its host in hosts',
    path: ['url'],
  })
export type UpstreamSettings = z.infer<typeof upstreamSettingsSchema>

/** How the language engines of this machine are used. */
export const engineSettingsSchema = z.strictObject({
  /** OpenAI-compatible engines at other places than the usual ones. */
  places: z
    .array(
      z.strictObject({
        name: z.string().min(1).max(40),
        url: httpUrlSchema.refine(url => isLoopbackHost(hostOf(url)), 'expected a URL on this machine'),
      }),
    )
    .max(8)
    .default([]),
  /** The only model used for words; missing: the best that fits. */
  model: z.string().min(1).max(200).optional(),
  /** The only model used for pictures. */
  visionModel: z.string().min(1).max(200).optional(),
  /** Tokens of one answer at most. */
  maxTokens: z.number().int().min(1).max(131_072).default(4_096),
})

export type EngineSettings = z.infer<typeof engineSettingsSchema>

/** How documents are read. */
export const readingSettingsSchema = z.strictObject({
  /** Tesseract's codes of the languages to expect, such as `eng` and `cym`; the first counts most. */
  languages: z.array(languageCodeSchema).min(1).max(mostLanguages),
  /** Folder with `<code>.traineddata` files, looked into before the node's own, what is shipped, and the system's. */
  dataFolder: z.string().min(1).max(1_000).optional(),
})

export type ReadingSettings = z.infer<typeof readingSettingsSchema>
