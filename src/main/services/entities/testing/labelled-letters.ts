import { readFileSync } from 'node:fs'
import type { EntityType } from '../../../../shared/schema/entity.ts'

export interface Label {
  type: EntityType
  text: string
  start: number
  end: number
}

export interface LabelledLetter {
  text: string
  labels: Label[]
}

const types: Record<string, EntityType> = {
  P: 'person',
  O: 'organisation',
  L: 'place',
  D: 'date',
  M: 'money',
  C: 'postcode',
  T: 'phone',
  E: 'email',
  N: 'national-insurance-number',
  B: 'bank-account',
  X: 'council-tax-reference',
  R: 'court-reference',
}

/** Titles belong to a label for whoever reads the letters, not to the name. */
const title = /^(?:(?:Mr and Mrs|Mrs|Mr|Miss|Ms|Dr\.?|Sir|Councillor|PC|DC|Reverend|Tribunal Judge|Justice) )*/

/** Sixty invented letters of casework, thirty a file; `a` is the half that the finder was made with. */
export function labelledLetters(half: 'a' | 'b'): LabelledLetter[] {
  const file = readFileSync(new URL(`letters-${half}.txt`, import.meta.url), 'utf8')
  return file.split(/^=====\n/m).map(labelled)
}

function labelled(marked: string): LabelledLetter {
  const labels: Label[] = []
  let text = ''
  let last = 0
  for (const match of marked.matchAll(/\{([A-Z]) ([^}]+)\}/g)) {
    const [whole, letter = '', said = ''] = match
    const type = types[letter]
    if (type === undefined) throw new Error(`expected a known mark, got ${letter}`)
    text += marked.slice(last, match.index)
    const skipped = type === 'person' ? (title.exec(said)?.[0].length ?? 0) : 0
    labels.push({ type, text: said.slice(skipped), start: text.length + skipped, end: text.length + said.length })
    text += said
    last = match.index + whole.length
  }
  return { text: text + marked.slice(last), labels }
}
