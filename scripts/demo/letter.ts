import sharp from 'sharp'

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

/** A letter as a scanner would deliver it: black on white, about 100 dots an inch, PNG. */
export async function renderLetter(lines: readonly string[]): Promise<Buffer> {
  const text = lines.map((line, index) => `<text x="70" y="${110 + index * 44}">${line}</text>`).join('')
  const height = 150 + lines.length * 44
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="1000" height="${height}">
    <rect width="100%" height="100%" fill="white"/>
    <g font-family="DejaVu Serif, Liberation Serif, Times New Roman, serif" font-size="26" fill="black">${text}</g>
  </svg>`
  return await sharp(Buffer.from(svg)).png().toBuffer()
}
