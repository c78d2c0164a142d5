import { decode, encode } from '@ipld/dag-cbor'
import { encodeBase64url } from '../../src/shared/membership/base64url.ts'
import { bytesOf, textOf } from './fuzz-target.ts'

/** The content of an input, as a tree of plain values. Either way may throw: the input is then left as it was. */
export interface Form {
  open(input: Uint8Array): unknown
  close(content: unknown): Uint8Array | Promise<Uint8Array>
}

export const jsonForm: Form = {
  open: input => JSON.parse(textOf(input)) as unknown,
  close: content => bytesOf(JSON.stringify(content) ?? ''),
}

export const cborForm: Form = { open: input => decode(input) as unknown, close: content => encode(content) }

/** A compact JWS whose altered claims are signed anew: only so do they get past the signature. */
export function tokenForm(sign: (content: Uint8Array) => Uint8Array | Promise<Uint8Array>): Form {
  return {
    open(input) {
      const [header = '', claims = ''] = textOf(input).split('.')
      return { header, claims: JSON.parse(Buffer.from(claims, 'base64url').toString('utf8')) as unknown }
    },
    async close(content) {
      const { header, claims } = content as { header: string; claims: unknown }
      const signed = `${header}.${encodeBase64url(bytesOf(JSON.stringify(claims) ?? ''))}`
      return bytesOf(`${signed}.${encodeBase64url(await sign(bytesOf(signed)))}`)
    },
  }
}

/** One value a line. */
export const linesForm: Form = {
  open: input => textOf(input).split('\n'),
  close: content => bytesOf((content as unknown[]).map(String).join('\n')),
}

/** `NAME=value` lines, as an object. */
export const variablesForm: Form = {
  open: input => variablesOf(input),
  close: content =>
    bytesOf(
      Object.entries(content as object)
        .map(([name, value]) => `${name}=${String(value)}`)
        .join('\n'),
    ),
}

export function variablesOf(input: Uint8Array): Record<string, string> {
  const pairs = textOf(input)
    .split('\n')
    .map(line => {
      const at = line.indexOf('=')
      return [line.slice(0, Math.max(0, at)), line.slice(at + 1)]
    })
  return Object.fromEntries(pairs) as Record<string, string>
}
