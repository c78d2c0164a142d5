import { describe, expect, it } from 'vitest'
import { linePlot } from './line-plot.ts'

const plot = {
  title: 'Hops & <messages>',
  xTitle: 'workers',
  yTitle: 'milliseconds',
  series: [
    {
      name: 'cold',
      points: [
        [10, 1],
        [1_000, 100],
      ],
    },
  ],
} as const

describe('a plot', () => {
  it('puts points where their logarithms are, between the powers of ten that enclose them', () => {
    const svg = linePlot(plot)
    // From 10 to 1,000 over 64 to 512, from 1 to 100 over 272 to 48.
    expect(svg).toContain('d="M64 272L512 48"')
    for (const tick of ['10', '100', '1,000']) expect(svg).toContain(`>${tick}</text>`)
  })

  it('keeps the names of lines apart that end at one place, in their order', () => {
    const ends = [10, 10.1, 1, 9.9].map((y, index) => ({ name: `line ${index}`, points: [[10, y]] as const }))
    const svg = linePlot({ ...plot, series: ends })
    const placeOf = (name: string) => Number(new RegExp(`y="([\\d.]+)"[^>]*>${name}<`).exec(svg)?.[1])
    const [second, first, third, last] = ends.map(({ name }) => placeOf(name)) as [number, number, number, number]
    expect([first < second, second < last, last < third]).toEqual([true, true, true])
    expect(Math.min(second - first, last - second, third - last)).toBeGreaterThanOrEqual(15)
  })

  it('shows what it is given as text alone', () => {
    expect(linePlot(plot)).toContain('Hops &amp; &lt;messages>')
  })
})
