import type { LoadPoint } from '../../../shared/schema/load.ts'
import type { GraphicsCard, LoadSample } from '../../../shared/schema/status.ts'
import { formatBytes, formatCount, formatMebibytes, formatShare } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { roundAbove, summaryOf } from './chart-geometry.ts'

/** One line of a chart. */
export interface Series {
  name: string
  value: (point: LoadPoint) => number | undefined
}

/** What one chart shows. */
export interface LoadChart {
  id: string
  title: string
  /** The first is drawn as a filled solid line, the second dashed. */
  series: readonly Series[]
  format: (value: number) => string
  /** Value at the top; a function where that follows what is shown. */
  max: number | ((greatest: number) => number)
  /** Why there may be nothing to show. */
  unknown?: string
}

/** The charts of a machine with these cards, in the order of the page. */
export function loadCharts({ cards, memoryTotalMiB }: Pick<LoadSample, 'cards' | 'memoryTotalMiB'>): LoadChart[] {
  const words = strings.load
  return [
    {
      id: 'cpu',
      title: words.cpu,
      series: [{ name: words.busy, value: point => point.cpu }],
      format: formatShare,
      max: 1,
    },
    {
      id: 'memory',
      title: words.memory,
      series: [{ name: words.inUse, value: point => point.memoryUsedMiB }],
      format: formatMebibytes,
      max: Math.max(1, memoryTotalMiB),
    },
    ...cards.flatMap((card, index) => cardCharts(card, index, cards.length)),
    {
      id: 'temperature',
      title: words.temperature,
      series: [{ name: words.processor, value: point => point.celsius }],
      format: formatCelsius,
      max: greatest => Math.max(100, roundAbove(greatest, 10)),
      unknown: words.noSensor,
    },
    {
      id: 'network',
      title: words.network,
      series: [
        { name: words.down, value: point => point.bytesIn },
        { name: words.up, value: point => point.bytesOut },
      ],
      format: formatRate,
      max: greatest => Math.max(1_024, roundAbove(greatest, 1_024)),
    },
    {
      id: 'jobs',
      title: words.jobs,
      series: [
        { name: words.running, value: point => point.running },
        { name: words.waiting, value: point => point.waiting },
      ],
      format: formatCount,
      max: greatest => Math.max(2, roundAbove(greatest, 10)),
    },
  ]
}

function cardCharts({ name, totalMiB }: GraphicsCard, index: number, count: number): LoadChart[] {
  const words = strings.load
  const card = count === 1 ? name : words.numbered({ number: index + 1, name })
  const memory: LoadChart = {
    id: `card-memory-${index}`,
    title: words.cardMemory({ card }),
    series: [{ name: words.inUse, value: point => point.cards[index]?.usedMiB }],
    format: formatMebibytes,
    max: Math.max(1, totalMiB ?? 1),
    unknown: words.driverSilent,
  }
  return [
    {
      id: `card-${index}`,
      title: card,
      series: [{ name: words.busy, value: point => point.cards[index]?.busy }],
      format: formatShare,
      max: 1,
      unknown: words.driverSilent,
    },
    ...(totalMiB === undefined ? [] : [memory]),
    {
      id: `card-temperature-${index}`,
      title: words.cardTemperature({ card }),
      series: [{ name: words.cardChip, value: point => point.cards[index]?.celsius }],
      format: formatCelsius,
      max: greatest => Math.max(100, roundAbove(greatest, 10)),
      unknown: words.driverSilent,
    },
  ]
}

function formatCelsius(degrees: number): string {
  return strings.load.celsius({ degrees: formatCount(Math.round(degrees)) })
}

function formatRate(bytes: number): string {
  return strings.load.perSecond({ bytes: formatBytes(bytes) })
}

/** What the chart says, in a sentence. */
export function chartSummary(chart: LoadChart, points: readonly LoadPoint[]): string {
  const newest = points.at(-1)
  const parts = chart.series.map(({ name, value }) => {
    const range = summaryOf(points.map(point => ({ at: point.at, value: value(point) })))
    const now = newest === undefined ? undefined : value(newest)
    if (range === undefined) return strings.load.summaryUnknown({ name })
    return strings.load.summary({
      name,
      now: now === undefined ? strings.load.unknown : chart.format(now),
      least: chart.format(range.least),
      most: chart.format(range.most),
    })
  })
  return strings.load.summaryOf({ title: chart.title, parts: parts.join('; ') })
}
