import type { Milliseconds } from '../../../shared/units.ts'
import { second } from '../../../shared/units.ts'

/** A value at a moment; missing where nobody knows it. */
export interface ChartPoint {
  at: Milliseconds
  value: number | undefined
}

/** Size of a chart's own coordinates: a second is one across, whatever size it is drawn at. */
export const chartWidth = 600
export const chartHeight = 100

/** Points further apart than this are not joined: nothing is known of the time between. */
const longestStepMs = 3.5 * second

/** Lines through the known values, oldest first; the chart ends at `end` on the right, with `max` at the top. */
export function lines(points: readonly ChartPoint[], end: Milliseconds, max: number): [x: number, y: number][][] {
  const found: [x: number, y: number][][] = []
  let before: Milliseconds | undefined
  for (const { at, value } of points) {
    const x = chartWidth - (end - at) / second
    if (value === undefined || x < 0 || x > chartWidth) {
      before = undefined
      continue
    }
    const y = chartHeight * (1 - Math.min(1, Math.max(0, value / max)))
    if (before === undefined || at - before > longestStepMs || at < before) found.push([])
    found.at(-1)?.push([x, y])
    before = at
  }
  return found
}

/** The lines as an SVG path; a single point is a short dash, so that it can be seen. */
export function linePath(all: readonly (readonly [x: number, y: number][])[]): string {
  return all.map(line => (line.length === 1 ? `M${text(line)}h0.5` : `M${text(line)}`)).join('')
}

/** What is below the lines. */
export function areaPath(all: readonly (readonly [x: number, y: number][])[]): string {
  return all.map(line => `M${round(line[0]?.[0] ?? 0)} ${chartHeight}L${text(line)}V${chartHeight}Z`).join('')
}

function text(line: readonly [x: number, y: number][]): string {
  return line.map(([x, y]) => `${round(x)} ${round(y)}`).join('L')
}

function round(value: number): number {
  return Math.round(value * 10) / 10
}

/** The least round number that is not below `value`: 1, 2 or 5 times a power of ten, or of 1,024 for bytes. */
export function roundAbove(value: number, base: 10 | 1_024): number {
  let unit = 1
  while (value > unit * (base === 10 ? 10 : 1_000)) unit *= base
  const steps = base === 10 ? [1, 2, 5, 10] : [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_024]
  return unit * (steps.find(step => value <= unit * step) ?? base)
}

/** Least, greatest and newest of the known values. */
export function summaryOf(points: readonly ChartPoint[]): { least: number; most: number } | undefined {
  let summary: { least: number; most: number } | undefined
  for (const { value } of points) {
    if (value === undefined) continue
    summary = { least: Math.min(summary?.least ?? value, value), most: Math.max(summary?.most ?? value, value) }
  }
  return summary
}

/** Every `stepMs`-th of the points, the newest first, for a table that can be read. */
export function thinned<T extends { at: Milliseconds }>(points: readonly T[], stepMs: Milliseconds): T[] {
  const kept: T[] = []
  for (const point of points.toReversed()) {
    const last = kept.at(-1)
    if (last === undefined || last.at - point.at >= stepMs) kept.push(point)
  }
  return kept
}
