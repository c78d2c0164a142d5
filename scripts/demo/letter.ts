import { drawPage } from '../../e2e/support/letters.ts'

const names = ['Amara Okafor', 'Daniel Pryce', 'Helen Whitcombe', 'Yusuf Rahman', 'Morag Sinclair', 'Tomasz Zielinski']
const matters = ['your housing application', 'the hearing on your benefits', 'your request for help with heating costs']
const asks = [
  'Please bring proof of your address and this letter.',
  'No action is needed from you before that date.',
  'If you cannot come, call us and we will find another day.',
]

/** The lines of an invented letter; the same number always gives the same letter. */
export function letterLines(number: number): string[] {
  const pick = (list: readonly string[], step: number) => list[Math.floor(number / step) % list.length] ?? ''
  const day = 1 + ((number * 7) % 28)
  return [
    'Harbour Street Advice Centre',
    '',
    `Dear ${pick(names, 1)},`,
    '',
    `Thank you for writing to us about ${pick(matters, names.length)}.`,
    `We have arranged a meeting on ${day} March at 10 in the morning.`,
    pick(asks, 2),
    '',
    'With kind regards,',
    'The casework team',
  ]
}

/** A letter as a scanner would deliver it, in PNG. */
export async function renderLetter(lines: readonly string[]): Promise<Buffer> {
  return await drawPage(lines, { height: 900 }).png().toBuffer()
}
