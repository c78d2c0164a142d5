/** One line of a plot. */
export interface Series {
  name: string
  /** Points of x and y, both above 0. */
  points: readonly (readonly [x: number, y: number])[]
}

export interface LinePlot {
  title: string
  xTitle: string
  yTitle: string
  series: readonly Series[]
}

const width = 640
const height = 320
const margin = { left: 64, right: 128, top: 48, bottom: 48 }
/** Between the middles of two names. */
const lineHeight = 15
const colours = ['#2563a8', '#b4531a', '#2f7d4f', '#7a4ba8']

/** Lines over two logarithmic axes, as an SVG that reads in light and dark. */
export function linePlot({ title, xTitle, yTitle, series }: LinePlot): string {
  const points = series.flatMap(each => each.points)
  const xs = decades(points.map(([x]) => x))
  const ys = decades(points.map(([, y]) => y))
  const at = (value: number, [low, high]: readonly [number, number], from: number, to: number) =>
    round(from + ((Math.log10(value) - low) / Math.max(1, high - low)) * (to - from))
  const xOf = (x: number) => at(x, xs, margin.left, width - margin.right)
  const yOf = (y: number) => at(y, ys, height - margin.bottom, margin.top)
  const ends = series.map(({ points }) => points.at(-1) ?? [1, 1])
  const names = apart(ends.map(([, y]) => yOf(y)))
  const lines = series.map((each, index) => {
    const colour = colours[index % colours.length] ?? '#555'
    const path = each.points.map(([x, y], place) => `${place === 0 ? 'M' : 'L'}${xOf(x)} ${yOf(y)}`).join('')
    const dots = each.points.map(([x, y]) => `<circle cx="${xOf(x)}" cy="${yOf(y)}" r="3" fill="${colour}"/>`).join('')
    const [lastX] = ends[index] ?? [1]
    const label = text(xOf(lastX) + 8, (names[index] ?? 0) + 4, each.name, `fill="${colour}"`)
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots}${label}`
  })
  const xTicks = ticks(xs).map(
    x => grid(xOf(x), margin.top, xOf(x), height - margin.bottom) + text(xOf(x), height - 28, format(x), middle),
  )
  const yTicks = ticks(ys).map(
    y => grid(margin.left, yOf(y), width - margin.right, yOf(y)) + text(margin.left - 8, yOf(y) + 4, format(y), end),
  )
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="12">`,
    `<title>${escaped(title)}</title><rect width="${width}" height="${height}" fill="#fff"/>`,
    text(margin.left, 22, title, 'font-size="14" font-weight="600" fill="#222"'),
    ...xTicks,
    ...yTicks,
    text((margin.left + width - margin.right) / 2, height - 8, xTitle, middle),
    text(margin.left, margin.top - 8, yTitle, 'fill="#555"'),
    ...lines,
    '</svg>\n',
  ].join('\n')
}

const middle = 'text-anchor="middle" fill="#555"'
const end = 'text-anchor="end" fill="#555"'
const round = (value: number) => Math.round(value * 10) / 10
const format = (value: number) => (value >= 1 ? value.toLocaleString('en') : String(value))

/** The places, each moved down as far as it takes not to touch the next above. */
function apart(places: readonly number[]): number[] {
  const moved = [...places]
  let free = Number.NEGATIVE_INFINITY
  for (const [index] of [...places.entries()].sort(([, one], [, other]) => one - other)) {
    moved[index] = Math.max(free, moved[index] ?? free)
    free = (moved[index] ?? free) + lineHeight
  }
  return moved
}

/** The powers of ten that enclose all values. */
function decades(values: readonly number[]): readonly [number, number] {
  const logs = values.map(value => Math.log10(value))
  return [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))]
}

function ticks([low, high]: readonly [number, number]): number[] {
  return Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
}

function grid(x1: number, y1: number, x2: number, y2: number): string {
  return `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#ddd"/>`
}

function text(x: number, y: number, words: string, attributes: string): string {
  return `<text x="${x}" y="${y}" ${attributes}>${escaped(words)}</text>`
}

function escaped(words: string): string {
  return words.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
}
