import type { ServiceType } from '../../shared/schema/primitives.ts'
import { strings } from './strings.ts'

/** A service in words; its type where no words are known, as for a donor's own upstream. */
export function serviceName(type: ServiceType): string {
  const names: Readonly<Record<string, string>> = strings.services
  return Object.hasOwn(names, type) ? (names[type] ?? type) : type
}
