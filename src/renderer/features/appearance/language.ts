import { type LanguageChoice, languageChoiceSchema } from '../../../shared/strings/language.ts'
import { speaker } from '../../strings/index.ts'

const storageKey = 'rma-donor-language'

/** Speaks it from now on and remembers it, so that the next start does not flash in another one. */
export function applyLanguage(language: LanguageChoice): void {
  speaker.use(language, navigator.languages)
  localStorage.setItem(storageKey, language)
}

/** The language of last time. */
export function rememberedLanguage(): LanguageChoice {
  return languageChoiceSchema.catch('system').parse(localStorage.getItem(storageKey))
}
