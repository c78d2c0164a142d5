import sharp, { type Sharp } from 'sharp'

/** A4 at 150 dpi. */
const width = 1_240
const height = 1_754

const formTitle = 'Application for council tax support'
const fields = [
  ['Surname', 'Whitfield'],
  ['First names', 'Eleanor Jane'],
  ['Date of birth', '3 July 1984'],
  ['National Insurance number', 'AB 12 34 56 C'],
  ['Address', '12 Orchard Lane, Leeds'],
  ['Postcode', 'LS1 4AP'],
  ['Telephone', '0113 496 0182'],
  ['Rent each week', '£142.50'],
] as const

const tableTitle = 'Statement of account'
const rows = [
  ['Date', 'Description', 'Paid out', 'Balance'],
  ['02 Mar', 'Council tax', '118.00', '642.17'],
  ['05 Mar', 'Northgate Water', '36.40', '605.77'],
  ['09 Mar', 'Rent to landlord', '570.00', '35.77'],
  ['12 Mar', 'Wages from employer', '0.00', '1,248.02'],
  ['16 Mar', 'Electricity and gas', '84.15', '1,163.87'],
  ['21 Mar', 'Supermarket', '52.09', '1,111.78'],
  ['28 Mar', 'Bus pass', '21.00', '1,090.78'],
] as const
const columns = [110, 300, 760, 960, 1_150]

/** What a form and a table say, row by row. */
export const formText = [formTitle, ...fields.map(row => row.join(' '))].join(' ')
export const tableText = [tableTitle, ...rows.map(row => row.join(' '))].join(' ')

/** A form: labels, and beside each a box with what was filled in. */
export function drawForm(): Sharp {
  const drawn = fields.map(([label, value], index) => {
    const y = 320 + index * 120
    const box = `<rect x="560" y="${y - 48}" width="560" height="72" fill="none" stroke="black" stroke-width="2"/>`
    return text(120, y, 26, label) + box + text(580, y, 30, value)
  })
  return page(text(120, 180, 40, formTitle) + drawn.join(''))
}

/** A table, with rules around its cells or none. */
export function drawTable({ ruled }: { ruled: boolean }): Sharp {
  const [top, bottom] = [218, 260 + (rows.length - 1) * 64 + 22]
  const drawn = rows.map((row, index) => {
    const y = 260 + index * 64
    return (
      row.map((cell, column) => text((columns[column] ?? 0) + 16, y, 28, cell)).join('') +
      rule(ruled, [110, y + 22], [1_150, y + 22])
    )
  })
  const upright = columns.map(x => rule(ruled, [x, top], [x, bottom]))
  return page(
    text(110, 160, 36, tableTitle) + drawn.join('') + upright.join('') + rule(ruled, [110, top], [1_150, top]),
  )
}

function page(drawn: string): Sharp {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" font-family="DejaVu Sans, sans-serif">${drawn}</svg>`
  return sharp(Buffer.from(svg)).flatten({ background: 'white' })
}

function text(x: number, y: number, size: number, words: string): string {
  return `<text x="${x}" y="${y}" font-size="${size}">${words}</text>`
}

function rule(ruled: boolean, [x1, y1]: [number, number], [x2, y2]: [number, number]): string {
  return ruled ? `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="black" stroke-width="2"/>` : ''
}

/** What scanners, cameras and fax machines do to a page. */
export const harms = {
  none: image => image,
  askew: image => image.rotate(4, { background: 'white' }),
  onItsSide: image => image.rotate(90),
  whiteOnBlack: image => image.negate({ alpha: false }),
  grainy: image => changed(image, (value, { noise }) => 40 + value * 0.75 + (noise() + noise() + noise() - 1.5) * 80),
  speckled: image => changed(image, (value, { noise }) => (noise() >= 0.03 ? value : noise() < 0.5 ? 0 : 255)),
  shadowed: image => changed(image, (value, { x }) => 10 + (value / 255) * (90 + (x / width) * 150)),
} as const satisfies Record<string, (image: Sharp) => Sharp | Promise<Sharp>>

interface Pixel {
  x: number
  /** 0 to 1, another each time, the same in each run. */
  noise: () => number
}

async function changed(image: Sharp, change: (value: number, pixel: Pixel) => number): Promise<Sharp> {
  const { data, info } = await image.toColourspace('b-w').raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true })
  // Park and Miller's generator.
  let state = 7
  const noise = () => {
    state = (state * 48_271) % 2_147_483_647
    return state / 2_147_483_647
  }
  for (const [at, value] of data.entries()) {
    const changedTo = change(value, { x: at % info.width, noise })
    data[at] = Math.max(0, Math.min(255, changedTo))
  }
  return sharp(data, { raw: { width: info.width, height: info.height, channels: 1 } })
}

/** The page as a PNG, after `inflicted` one after the other. */
export async function scan(image: Sharp, ...inflicted: (keyof typeof harms)[]): Promise<Buffer> {
  let harmed = image
  for (const name of inflicted) harmed = await harms[name](sharp(await harmed.png().toBuffer()))
  return await harmed.png().toBuffer()
}
