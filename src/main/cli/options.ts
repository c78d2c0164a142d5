import { readFileSync } from 'node:fs'
import { InvalidArgumentError } from 'commander'
import { safeParse } from '../../shared/safe-parse.ts'
import type { Capabilities } from '../../shared/schema/capabilities.ts'
import { capabilitiesSchema } from '../../shared/schema/capabilities.ts'
import {
  languageCodeSchema,
  modelNameSchema,
  mostLanguages,
  multiaddrTextSchema,
  serviceTypeSchema,
} from '../../shared/schema/primitives.ts'
import { day, hour, type Milliseconds, minute, second } from '../../shared/units.ts'

/** Each throws InvalidArgumentError, which commander turns into a usage message. */
export function parsePort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN
  if (!(port <= 65_535)) throw new InvalidArgumentError('Expected a port from 0 to 65535.')
  return port
}

/** Seconds, fractions allowed, as milliseconds. */
export function parseTimeout(text: string): Milliseconds {
  const ms = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Math.round(Number(text) * second) : 0
  if (ms < 1) throw new InvalidArgumentError('Expected a number of seconds above 0.')
  return ms
}

const durationUnits = { d: day, h: hour, m: minute, min: minute, s: second } as const

/** A length of time such as 30m, 2h, 1h30m or 45s; a bare number is minutes. */
export function parseDuration(text: string): Milliseconds {
  const parts = [...text.trim().matchAll(/(\d{1,6})\s*(d|h|min|m|s)?\s*/gy)]
  const read = parts.reduce((length, [part]) => length + part.length, 0)
  const ms = parts.reduce(
    (sum, [, count, unit]) => sum + Number(count) * durationUnits[(unit ?? 'm') as keyof typeof durationUnits],
    0,
  )
  if (read !== text.trim().length || ms < second || ms > 366 * day) {
    throw new InvalidArgumentError('Expected a length of time from 1s to 366d, such as 30m, 2h or 1h30m.')
  }
  return ms
}

export function parseServiceType(text: string): string {
  if (!safeParse(serviceTypeSchema, text).success) {
    throw new InvalidArgumentError('Expected a service type: lower-case words joined by hyphens, such as ocr.')
  }
  return text
}

export function parseModel(text: string): string {
  if (safeParse(modelNameSchema, text).success) return text
  throw new InvalidArgumentError('Expected the name of a model, such as llama3.2:3b.')
}

/** Codes of languages, divided by commas or, as Tesseract does, by plus signs. */
export function parseLanguages(text: string): string[] {
  const codes = text.split(/[,+]/).map(code => code.trim())
  if (codes.length <= mostLanguages && codes.every(code => safeParse(languageCodeSchema, code).success)) return codes
  throw new InvalidArgumentError(`Expected up to ${mostLanguages} codes of languages, such as deu or deu,eng.`)
}

/** For options that take several values or are given several times. */
export function collectSeeds(text: string, previous: string[] | undefined): string[] {
  if (!safeParse(multiaddrTextSchema, text).success) {
    throw new InvalidArgumentError('Expected a multiaddr, such as /ip4/192.0.2.1/tcp/8468/p2p/12D3Koo….')
  }
  return [...(previous ?? []), text]
}

/** Capabilities as JSON, or the name of a file that holds them. */
export function parsePretended(text: string): Partial<Capabilities> {
  try {
    const json = text.trimStart().startsWith('{') ? text : readFileSync(text, 'utf8')
    const { workerType, cpuThreads, memoryMiB, gpus } = capabilitiesSchema.partial().parse(JSON.parse(json))
    return {
      ...(workerType === undefined ? {} : { workerType }),
      ...(cpuThreads === undefined ? {} : { cpuThreads }),
      ...(memoryMiB === undefined ? {} : { memoryMiB }),
      ...(gpus === undefined ? {} : { gpus }),
    }
  } catch (error) {
    throw new InvalidArgumentError(`Expected capabilities as JSON or a file of it: ${(error as Error).message}`)
  }
}
