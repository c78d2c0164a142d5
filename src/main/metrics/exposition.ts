/** Content type of the text format, as Prometheus documents it. */
export const expositionType = 'text/plain; version=0.0.4; charset=utf-8'

export type Labels = Readonly<Record<string, string>>

/** One line; `suffix` is what histograms add to their name. */
export interface Sample {
  suffix?: '_bucket' | '_sum' | '_count'
  labels?: Labels
  value: number
}

/** One metric with all its series. */
export interface MetricFamily {
  /** Lower-case words joined by `_`, with the unit, counters ending in `_total`. */
  name: string
  help: string
  type: 'counter' | 'gauge' | 'histogram'
  samples: readonly Sample[]
}

/**
 * Metrics in the text that Prometheus reads. Values come from snapshots that the parts of a node keep anyway, so nothing
 * is counted twice: https://prometheus.io/docs/instrumenting/exposition_formats/
 */
export function formatMetrics(families: readonly MetricFamily[]): string {
  return families.map(formatFamily).join('')
}

function formatFamily({ name, help, type, samples }: MetricFamily): string {
  const lines = [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${type}`]
  for (const { suffix = '', labels = {}, value } of samples) {
    lines.push(`${name}${suffix}${formatLabels(labels)} ${formatValue(value)}`)
  }
  return `${lines.join('\n')}\n`
}

function formatLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`)
  return pairs.length === 0 ? '' : `{${pairs.join(',')}}`
}

function formatValue(value: number): string {
  if (Number.isFinite(value) || Number.isNaN(value)) return String(value)
  return value > 0 ? '+Inf' : '-Inf'
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
}

/** The samples of a histogram: `counts` has one class for each of `bounds` and one for what is above. */
export function histogramSamples(
  labels: Labels,
  { bounds, counts, sum }: { bounds: readonly number[]; counts: readonly number[]; sum: number },
): Sample[] {
  let below = 0
  const buckets = [...bounds, Number.POSITIVE_INFINITY].map((bound, index): Sample => {
    below += counts[index] ?? 0
    return { suffix: '_bucket', labels: { ...labels, le: formatValue(bound) }, value: below }
  })
  return [...buckets, { suffix: '_sum', labels, value: sum }, { suffix: '_count', labels, value: below }]
}
