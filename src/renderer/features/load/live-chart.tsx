import { memo, type PointerEvent, useState } from 'react'
import type { LoadPoint } from '../../../shared/schema/load.ts'
import { second } from '../../../shared/units.ts'
import { Card } from '../../components/card.tsx'
import { formatClock } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { areaPath, chartHeight, chartWidth, linePath, lines, summaryOf } from './chart-geometry.ts'
import styles from './live-chart.module.css'
import { chartSummary, type LoadChart } from './load-charts.ts'
import { useOnScreen } from './use-on-screen.ts'

interface LiveChartProps {
  chart: LoadChart
  points: readonly LoadPoint[]
}

/** One figure of the last ten minutes, drawn anew only while it is in view. */
export function LiveChart(props: LiveChartProps) {
  const { element, onScreen } = useOnScreen<HTMLDivElement>()
  return (
    <div ref={element} className={styles.place}>
      <Drawing {...props} onScreen={onScreen} />
    </div>
  )
}

/** Pointing at it tells what was at that moment. */
const Drawing = memo(
  function Drawing({ chart, points }: LiveChartProps & { onScreen: boolean }) {
    const [pointedAt, setPointedAt] = useState<number>()
    const end = points.at(-1)?.at ?? 0
    const drawing = draw(chart, points, end)
    const pointed = pointedAt === undefined ? undefined : nearest(points, end - (1 - pointedAt) * chartWidth * second)
    const shown = pointed ?? points.at(-1)
    const onPointerMove = (event: PointerEvent<SVGSVGElement>) => {
      const { left, width } = event.currentTarget.getBoundingClientRect()
      setPointedAt((event.clientX - left) / Math.max(1, width))
    }
    const values = (
      <span className={styles.values}>
        {pointed !== undefined && <time>{formatClock(pointed.at)}</time>}
        {chart.series.map(({ name, value }) => {
          const now = shown === undefined ? undefined : value(shown)
          return (
            <span key={name} className={styles.value}>
              {chart.series.length > 1 && <i aria-hidden />}
              <span className={chart.series.length > 1 ? undefined : 'unseen'}>{name}</span>
              <b data-unknown={now === undefined || undefined}>
                {now === undefined ? strings.load.unknown : chart.format(now)}
              </b>
            </span>
          )
        })}
      </span>
    )
    return (
      <Card title={chart.title} aside={values}>
        <div data-testid={`chart-${chart.id}`}>
          {drawing.known ? (
            <div className={styles.chart}>
              <svg
                viewBox={`0 0 ${chartWidth} ${chartHeight}`}
                preserveAspectRatio="none"
                role="img"
                aria-label={chartSummary(chart, points)}
                onPointerMove={onPointerMove}
                onPointerLeave={() => setPointedAt(undefined)}
              >
                <path className={styles.grid} d={`M0 0H${chartWidth}M0 50H${chartWidth}M0 100H${chartWidth}`} />
                {drawing.paths.map(({ name, area, line }) => (
                  <g key={name} className={styles.series}>
                    {area !== undefined && <path className={styles.area} d={area} />}
                    <path className={styles.line} d={line} />
                  </g>
                ))}
                {pointed !== undefined && (
                  <path
                    className={styles.pointer}
                    d={`M${chartWidth - (end - pointed.at) / second} 0V${chartHeight}`}
                  />
                )}
              </svg>
              <div className={styles.scale} aria-hidden>
                <span>{chart.format(drawing.max)}</span>
                <span>{chart.format(drawing.max / 2)}</span>
                <span>{chart.format(0)}</span>
              </div>
              <div className={styles.times} aria-hidden>
                <span>{strings.load.minutesAgo({ minutes: 10 })}</span>
                <span>{strings.load.minutesAgo({ minutes: 5 })}</span>
                <span>{strings.load.now}</span>
              </div>
            </div>
          ) : (
            <p className={styles.unknown}>{points.length === 0 ? strings.load.soon : chart.unknown}</p>
          )}
        </div>
      </Card>
    )
  },
  (_, next) => !next.onScreen,
)

function draw(chart: LoadChart, points: readonly LoadPoint[], end: number) {
  const series = chart.series.map(({ name, value }) => ({
    name,
    points: points.map(point => ({ at: point.at, value: value(point) })),
  }))
  const ranges = series.flatMap(each => summaryOf(each.points) ?? [])
  const greatest = Math.max(0, ...ranges.map(({ most }) => most))
  const max = typeof chart.max === 'number' ? chart.max : chart.max(greatest)
  const paths = series.map((each, index) => {
    const found = lines(each.points, end, max)
    return { name: each.name, line: linePath(found), area: index === 0 ? areaPath(found) : undefined }
  })
  return { known: ranges.length > 0, max, paths }
}

function nearest(points: readonly LoadPoint[], at: number): LoadPoint | undefined {
  let best: LoadPoint | undefined
  for (const point of points) {
    if (best === undefined || Math.abs(point.at - at) < Math.abs(best.at - at)) best = point
  }
  return best
}
