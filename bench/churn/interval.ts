/** Wilson's interval for a share of successes, at 95 %: it means something near 1 as well, where the usual one does not. */
export function wilsonInterval(successes: number, tries: number): { low: number; high: number } {
  if (tries === 0) return { low: 0, high: 1 }
  const z = 1.96
  const share = successes / tries
  const spread = z * Math.sqrt((share * (1 - share) + (z * z) / (4 * tries)) / tries)
  const middle = share + (z * z) / (2 * tries)
  const scale = 1 + (z * z) / tries
  return { low: Math.max(0, (middle - spread) / scale), high: Math.min(1, (middle + spread) / scale) }
}
