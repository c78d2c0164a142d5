import { z } from 'zod'
import { safeParse } from '../../shared/safe-parse.ts'
import { entityAnswerSchema } from '../../shared/schema/entity.ts'
import { formatTable } from './table.ts'

const textAnswerSchema = z.object({ text: z.string() })

/** What a person wants to read of an answer: its text, or a table of what was found in one; undefined where neither fits. */
export function answerText(answer: unknown): string | undefined {
  const text = safeParse(textAnswerSchema, answer)
  if (text.success) return text.data.text
  const found = safeParse(entityAnswerSchema, answer)
  if (!found.success) return undefined
  if (found.data.entities.length === 0) return 'Nothing found.'
  const rows = found.data.entities.map(({ type, value, start, confidence }) => [
    type,
    oneLine(value),
    String(start),
    confidence.toFixed(2),
  ])
  return formatTable([['type', 'value', 'at', 'confidence'], ...rows])
}

/** The values come from a document and a stranger's machine: nothing of them may steer the terminal. */
function oneLine(value: string): string {
  return value.replaceAll(/[\p{Cc}\p{Cf}]+/gu, ' ')
}
