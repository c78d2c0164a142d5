import { useSyncExternalStore } from 'react'
import { speaker } from './index.ts'

/** The locale in use; the component is drawn again when it changes. */
export function useLocale(): string {
  return useSyncExternalStore(speaker.subscribe, () => speaker.locale)
}
