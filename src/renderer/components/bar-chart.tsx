import type { ReactNode } from 'react'
import { formatCount } from '../strings/format.ts'
import styles from './bar-chart.module.css'

/** Ways of filling there are, told apart without colour too; whatever comes beyond them shares the last. */
const shades = 4

export interface Bar {
  key: string | number
  /** From the bottom up. */
  parts: readonly { shade: number; amount: number }[]
  /** Said where the pointer rests on it. */
  hint: string
  above?: string | undefined
  below?: ReactNode
}

interface BarChartProps {
  /** What it shows, in words; where there is none, the figures are given beside it. */
  label?: string
  height: 'low' | 'tall'
  bars: readonly Bar[]
  /** How amounts are written. Default: as numbers. */
  format?: (amount: number) => string
}

/** Bars side by side, each stacked of its parts, the highest as high as there is room. */
export function BarChart({ label, height, bars, format = formatCount }: BarChartProps) {
  const amount = ({ parts }: Bar) => parts.reduce((sum, part) => sum + part.amount, 0)
  const most = Math.max(1, ...bars.map(amount))
  const named =
    label === undefined ? ({ 'aria-hidden': true } as const) : ({ role: 'img', 'aria-label': label } as const)
  return (
    <div className={styles.chart} data-height={height} {...named}>
      {/* Where each bar tells its own amount, a scale tells nothing more. */}
      {bars.every(({ above }) => above === undefined) && <span className={styles.most}>{format(most)}</span>}
      <div className={styles.bars}>
        {bars.map(bar => (
          <div key={bar.key} className={styles.column} title={bar.hint}>
            <span className={styles.above}>{bar.above}</span>
            <div className={styles.space}>
              <div className={styles.bar} style={{ height: `${(100 * amount(bar)) / most}%` }}>
                {bar.parts
                  .filter(part => part.amount > 0)
                  .map(part => (
                    <div
                      key={part.shade}
                      className={styles.filling}
                      data-shade={shadeOf(part.shade)}
                      style={{ flexGrow: part.amount }}
                    />
                  ))}
              </div>
            </div>
            <span className={styles.below}>{bar.below}</span>
          </div>
        ))}
      </div>
    </div>
  )
}

/** The sample of a part's filling beside its name. */
export function BarSample({ shade }: { shade: number }) {
  return <i className={`${styles.sample} ${styles.filling}`} data-shade={shadeOf(shade)} aria-hidden />
}

const shadeOf = (shade: number) => Math.min(shades - 1, shade)
