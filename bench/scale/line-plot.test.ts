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
    // From 10 to 1,000 over 64 to 512, from 1 to 100 over 272 to 40.
    expect(svg).toContain('d="M64 272L512 40"')
    for (const tick of ['10', '100', '1,000']) expect(svg).toContain(`>${tick}</text>`)
  })

  it('shows what it is given as text alone', () => {
    expect(linePlot(plot)).toContain('Hops &amp; &lt;messages>')
  })
})
