import { z } from 'zod'

/** The languages that have a catalogue, the first of them the one that everything is written in. */
export const languages = ['en', 'de'] as const

export const languageSchema = z.enum(languages)
export type Language = z.infer<typeof languageSchema>

/** Each in itself, so that whoever speaks it finds it. */
export const languageNames: Record<Language, string> = { en: 'English', de: 'Deutsch' }

/** What the owner chooses among: a language, or whatever the system speaks. */
export const languageChoiceSchema = z.enum(['system', ...languages])
export type LanguageChoice = z.infer<typeof languageChoiceSchema>

/** Where no region is known: 24 hours and day before month, as most readers of these languages write. */
const regions: Record<Language, string> = { en: 'en-GB', de: 'de-DE' }

/**
 * The locale for words, numbers and times: the chosen language in the reader's own region, if they have named one.
 *
 * @param preferred what the reader's system speaks, the dearest first, such as `de-AT`
 */
export function pickLocale(choice: LanguageChoice, preferred: readonly string[]): string {
  const language = choice === 'system' ? firstSpoken(preferred) : choice
  return preferred.find(tag => languageOf(tag) === language) ?? regions[language]
}

/** The language of a locale, as far as there is a catalogue of it. */
export function languageOf(locale: string): Language | undefined {
  return languages.find(language => locale === language || locale.startsWith(`${language}-`))
}

function firstSpoken(preferred: readonly string[]): Language {
  for (const tag of preferred) {
    const language = languageOf(tag)
    if (language !== undefined) return language
  }
  return languages[0]
}
