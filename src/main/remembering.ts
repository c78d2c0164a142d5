/**
 * A pure function of a text that remembers its last `most` outcomes, the oldest go first; for outcomes that nobody changes.
 * What it throws, and `undefined`, is not remembered.
 */
export function remembering<T>(outcomeOf: (text: string) => T, most: number): (text: string) => T {
  const outcomes = new Map<string, T>()
  return text => {
    const known = outcomes.get(text)
    if (known !== undefined) return known
    const outcome = outcomeOf(text)
    outcomes.set(text, outcome)
    const [oldest] = outcomes.size > most ? outcomes.keys() : []
    if (oldest !== undefined) outcomes.delete(oldest)
    return outcome
  }
}
