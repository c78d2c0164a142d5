/** A service in words; its type where no words are known, as for a donor's own upstream. */
export function serviceNameIn(names: Readonly<Record<string, string>>, type: string): string {
  return Object.hasOwn(names, type) ? (names[type] ?? type) : type
}
