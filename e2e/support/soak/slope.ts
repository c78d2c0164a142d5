/** Of the line through points that is steeper than half of those between any two: an outlier moves it little (Theil and Sen). */
export function slopeOf(points: readonly (readonly [number, number])[]): number {
  const slopes: number[] = []
  for (const [index, [x, y]] of points.entries())
    for (const [otherX, otherY] of points.slice(index + 1)) if (otherX !== x) slopes.push((otherY - y) / (otherX - x))
  slopes.sort((a, b) => a - b)
  return slopes[Math.floor(slopes.length / 2)] ?? 0
}
