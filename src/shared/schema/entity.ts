import { z } from 'zod'

/** What is found in a text. */
export const entityTypeSchema = z.enum([
  'person',
  'organisation',
  'place',
  'date',
  'money',
  'postcode',
  'phone',
  'email',
  'national-insurance-number',
  'bank-account',
  'council-tax-reference',
  'court-reference',
])
export type EntityType = z.infer<typeof entityTypeSchema>

/** `start` and `end` count UTF-16 code units of the text, as JavaScript strings do; `value` is `text` in one fixed form. */
export const entitySchema = z.object({
  type: entityTypeSchema,
  text: z.string(),
  start: z.number().int().min(0),
  end: z.number().int().min(1),
  value: z.string(),
  confidence: z.number().min(0).max(1),
})
export type Entity = z.infer<typeof entitySchema>

export const entityAnswerSchema = z.object({ entities: z.array(entitySchema) })
