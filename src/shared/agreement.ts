import { safeParse } from './safe-parse.ts'
import { entityAnswerSchema } from './schema/entity.ts'
import type { ServiceType } from './schema/primitives.ts'
import { ocrAnswerSchema } from './schema/service.ts'

/** An answer of a service, read whole. */
export interface WholeAnswer {
  contentType: string
  text: string
}

/** What an answer says, as things that can be counted; undefined for an answer in a form that is not compared. */
type Said = readonly string[] | 'unreadable' | undefined

/** How answers of a service are held against each other. */
interface Measure {
  said(answer: WholeAnswer): Said
  /** Share of what both say that they have in common, from which on they say the same. */
  enough: number
}

/**
 * Services whose answers two machines can be held to. Machines of different versions read a little differently, so what is
 * asked for is that they mostly agree: an answer that was made up does not, one in which a single word was changed does.
 */
const measures: ReadonlyMap<ServiceType, Measure> = new Map<ServiceType, Measure>([
  ['ocr', { said: wordsOf, enough: 0.75 }],
  ['ner-extraction', { said: entitiesOf, enough: 0.6 }],
])

/** Whether answers of a service in that form can be compared. */
export function isComparable(service: ServiceType, contentType: string): boolean {
  return measures.get(service)?.said({ contentType, text: '' }) !== undefined
}

/** Whether two answers to one request say the same; undefined where that cannot be told. Pure. */
export function agree(service: ServiceType, a: WholeAnswer, b: WholeAnswer): boolean | undefined {
  const measure = measures.get(service)
  const [ofA, ofB] = [measure?.said(a), measure?.said(b)]
  if (measure === undefined || ofA === undefined || ofB === undefined) return undefined
  if (ofA === 'unreadable' || ofB === 'unreadable') return ofA === ofB ? undefined : false
  return inCommon(ofA, ofB) >= measure.enough
}

/** Twice what both have, of all that either has (the Sørensen–Dice coefficient, of multisets): 1 where both have nothing. */
export function inCommon(a: readonly string[], b: readonly string[]): number {
  if (a.length + b.length === 0) return 1
  const left = new Map<string, number>()
  for (const item of a) left.set(item, (left.get(item) ?? 0) + 1)
  let both = 0
  for (const item of b) {
    const count = left.get(item) ?? 0
    if (count === 0) continue
    left.set(item, count - 1)
    both++
  }
  return (2 * both) / (a.length + b.length)
}

function wordsOf({ contentType, text }: WholeAnswer): Said {
  const type = mediaType(contentType)
  if (type === 'text/plain') return words(text)
  if (type !== 'application/json') return undefined
  const answer = safeParse(ocrAnswerSchema, parseJson(text))
  return answer.success ? words(answer.data.text) : 'unreadable'
}

function entitiesOf({ contentType, text }: WholeAnswer): Said {
  if (mediaType(contentType) !== 'application/json') return undefined
  const answer = safeParse(entityAnswerSchema, parseJson(text))
  return answer.success ? answer.data.entities.map(({ type, value }) => `${type} ${value}`) : 'unreadable'
}

function words(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []
}

function mediaType(contentType: string): string {
  return contentType.split(';')[0]?.trim().toLowerCase() ?? ''
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
