import { sha256 } from '@noble/hashes/sha2.js'
import { concat } from 'uint8arrays/concat'
import { equals } from 'uint8arrays/equals'
import { fromString } from 'uint8arrays/from-string'
import { toString as toText } from 'uint8arrays/to-string'
import { z } from 'zod'
import { RmaError } from '../errors.ts'
import { safeParse } from '../safe-parse.ts'
import { multiaddrTextSchema, networkNameSchema } from '../schema/primitives.ts'
import { tunnelUrlSchema } from '../schema/seeds.ts'
import { decodeBase64url, encodeBase64url } from './base64url.ts'
import { rawKeySchema } from './ca-key.ts'
import { inviteCodeSchema } from './enrolment.ts'

const prefix = 'rma1'
const linkPrefix = 'rma-donor://join/'
const checksumLength = 4
/** Longest invite in characters: it has to survive a chat window. */
export const maxInviteLength = 1_536
export const maxInviteSeeds = 4

export const inviteSchema = z.strictObject({
  network: networkNameSchema,
  caPublicKey: rawKeySchema,
  /** Who to ask: coordinators' HTTP addresses, and multiaddrs with peer ids. */
  seeds: z.array(z.union([tunnelUrlSchema, multiaddrTextSchema])).max(maxInviteSeeds),
  /** Missing where the network takes everybody, or somebody approves. */
  code: inviteCodeSchema.optional(),
})
/** All that a new member needs to know. */
export type Invite = z.infer<typeof inviteSchema>

/** `rma1` and, in base64url, the CA's key, then each text behind its length, then a checksum. Throws BAD_INPUT. */
export function formatInvite(invite: Invite): string {
  const parsed = safeParse(inviteSchema, invite)
  if (!parsed.success) throw new RmaError('BAD_INPUT', `no invite of that content: ${z.prettifyError(parsed.error)}`)
  const { network, caPublicKey, seeds, code } = parsed.data
  const texts = [network, code ?? '', ...seeds].map(text => fromString(text, 'utf8'))
  const content = concat([
    fromString(caPublicKey, 'base64url'),
    ...texts.flatMap(text => [Uint8Array.of(text.length >> 8, text.length & 0xff), text]),
  ])
  return prefix + encodeBase64url(concat([content, checksum(content)]))
}

/** The same as a link that opens the app. */
export function inviteLink(invite: string): string {
  return linkPrefix + invite
}

/** Reads an invite or its link as somebody pasted it: white space does not count. Throws INVITE_MALFORMED. */
export function parseInvite(pasted: string): Invite {
  if (pasted.length > 2 * maxInviteLength) throw malformed('it is far too long')
  const text = pasted.replaceAll(/\s/g, '')
  const invite = text.startsWith(linkPrefix) ? text.slice(linkPrefix.length).replace(/\/$/, '') : text
  if (!invite.startsWith(prefix)) throw malformed(`it should begin with ${prefix} or ${linkPrefix}`)
  const bytes = decodeBase64url(invite.slice(prefix.length))
  if (bytes === undefined || bytes.length < 32 + checksumLength) throw malformed('part of it is missing or changed')
  const content = bytes.subarray(0, -checksumLength)
  if (!equals(checksum(content), bytes.subarray(-checksumLength))) throw malformed('part of it is missing or changed')
  const [network, code, ...seeds] = readTexts(content.subarray(32))
  const parsed = safeParse(inviteSchema, {
    network,
    caPublicKey: encodeBase64url(content.subarray(0, 32)),
    seeds,
    ...(code === '' ? {} : { code }),
  })
  if (!parsed.success) throw malformed(`this version does not understand it: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}

function readTexts(bytes: Uint8Array): string[] {
  const texts: string[] = []
  for (let at = 0; at < bytes.length; ) {
    const end = at + 2 + ((bytes[at] ?? 0) << 8) + (bytes[at + 1] ?? 0)
    if (end > bytes.length) throw malformed('part of it is missing')
    texts.push(toText(bytes.subarray(at + 2, end), 'utf8'))
    at = end
  }
  return texts
}

function checksum(content: Uint8Array): Uint8Array {
  return sha256(concat([fromString(prefix, 'utf8'), content])).subarray(0, checksumLength)
}

function malformed(reason: string): RmaError {
  return new RmaError('INVITE_MALFORMED', `this is not a whole invite: ${reason}. Copy all of it, and try again.`)
}
