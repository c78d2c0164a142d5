import { strings } from './index.ts'

/** A service in words; its type where no words are known, as for a donor's own upstream. */
export function serviceName(type: string): string {
  const names: Record<string, string> = strings.services.name
  return Object.hasOwn(names, type) ? (names[type] ?? type) : type
}
