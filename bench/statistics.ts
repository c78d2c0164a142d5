export function sum(figures: readonly number[]): number {
  return figures.reduce((total, figure) => total + figure, 0)
}

export function mean(figures: readonly number[]): number {
  return figures.length === 0 ? 0 : sum(figures) / figures.length
}
