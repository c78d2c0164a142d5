import { z } from 'zod'

/** A libp2p peer id in base58btc text: Ed25519 ids start with 12D3Koo. */
export const peerIdSchema = z.string().regex(/^[1-9A-HJ-NP-Za-km-z]{46,62}$/, 'expected a base58 peer id')
export type PeerIdText = z.infer<typeof peerIdSchema>

/** Name of a service: a lower-case word, at most 32 characters. */
export const serviceTypeSchema = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')
  .max(32)
export type ServiceType = z.infer<typeof serviceTypeSchema>

/** Place label of a node, such as `london` or `eu-west-2`. */
export const locationSchema = z
  .string()
  .regex(/^[a-z0-9]+(?:-[a-z0-9]+)*$/, 'expected lower-case words joined by hyphens')
  .max(32)

/** A share of something, 0 to 1. */
export const shareSchema = z.number().min(0).max(1)

/** Milliseconds since the Unix epoch. */
export const timestampSchema = z.number().int().min(0).max(8_640_000_000_000_000)

/** A multiaddr in text; its syntax is checked where it is dialled. */
export const multiaddrTextSchema = z
  .string()
  .regex(/^\/[!-~]*$/, 'expected printable ASCII that begins with a slash')
  .max(256)

/** Text a peer chose: one line, printable, short. Control and bidirectional-override characters are refused. */
export function peerTextSchema(maxLength: number) {
  return z
    .string()
    .max(maxLength)
    .regex(/^[^\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]*$/u, 'expected printable text on one line')
}

/** Name of a model that runs behind a service, as its engine has it, such as `llama3.2:3b`. */
export const modelNameSchema = z.string().regex(/^[ -~]{1,96}$/, 'expected 1 to 96 characters of ASCII')

/** Code of a language that documents are read in, as Tesseract names its data: `eng`, `deu`, `chi_sim_vert`. */
export const languageCode = /^[a-z]{3}(?:_[a-z]{3,4}){0,2}$/
export const languageCodeSchema = z.string().regex(languageCode, 'expected a code such as eng')

/** Most languages that one request may name: each makes reading slower. */
export const mostLanguages = 6

/** Request id: chosen by the requester, the idempotency key on a worker. */
export const requestIdSchema = z.string().regex(/^[A-Za-z0-9_-]{8,64}$/, 'expected 8 to 64 letters, digits, - or _')

/** Which way a request or a connection travels. `local`: served by the node itself. */
export const pathKindSchema = z.enum(['local', 'direct', 'vpn', 'tunnel', 'relay'])
export type PathKind = z.infer<typeof pathKindSchema>

/** The services the platform knows by name. */
export const platformServices: readonly ServiceType[] = [
  'ocr',
  'ner-extraction',
  'llm-inference',
  'vision-ocr',
  'notes-coa',
  'chat',
  'enhance',
]

/** Whether the platform knows a service of this name: one that nobody offers now may be offered later. */
export function isPlatformService(service: ServiceType): boolean {
  return platformServices.includes(service)
}

/** What people call a network. Invites bring it from anywhere, and it is shown to who is asked to join. */
export const networkNameSchema = z
  .string()
  .min(1)
  .max(64)
  .regex(
    /^[^\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]*$/u,
    'expected a name without line breaks and control characters',
  )
