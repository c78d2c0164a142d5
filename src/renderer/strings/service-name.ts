import { strings } from './index.ts'

/** A service in words; its type where no words are known, as for a donor's own upstream. */
export function serviceName(type: string): string {
  return Object.hasOwn(strings.services.name, type) ? (strings.services.name[type] ?? type) : type
}
