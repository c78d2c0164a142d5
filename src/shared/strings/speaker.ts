import type { LocaleSource } from './catalogue.ts'
import { type LanguageChoice, pickLocale } from './language.ts'

/** Knows the locale in use, and tells when it changes. */
export class Speaker implements LocaleSource {
  #locale = pickLocale('system', [])
  readonly #listeners = new Set<() => void>()

  get locale(): string {
    return this.#locale
  }

  /** @param preferred what the reader's system speaks, the dearest first */
  use(choice: LanguageChoice, preferred: readonly string[]): void {
    const locale = pickLocale(choice, preferred)
    if (locale === this.#locale) return
    this.#locale = locale
    for (const listener of this.#listeners) listener()
  }

  subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }
}
