import type { GetICUArgs } from '@schummar/icu-type-parser'
import { IntlMessageFormat } from 'intl-messageformat'
import { type Language, languageOf, languages } from './language.ts'

/** Messages of one language in ICU MessageFormat, by their place. */
export interface Catalogue {
  readonly [key: string]: string | Catalogue
}

/** The same messages in another language. */
export type Translation<C> = { readonly [K in keyof C]: C[K] extends string ? string : Translation<C[K]> }

/** What goes into a message. A plain `{name}` takes text, so that no number is shown without its locale's form. */
export type MessageValues<M extends string> = GetICUArgs<
  M,
  { ICUArgument: string; ICUNumberArgument: number; ICUDateArgument: number }
>

/** A message without values is text; one with values is asked with them. */
type Spoken<M extends string> = string extends M
  ? never
  : M extends `${string}{${string}`
    ? (values: MessageValues<M>) => string
    : string

/** A catalogue, ready to be read out. */
export type Strings<C> = { readonly [K in keyof C]: C[K] extends string ? Spoken<C[K]> : Strings<C[K]> }

/** The locale in use, for whoever asks at the moment. */
export interface LocaleSource {
  readonly locale: string
}

/**
 * The messages in the language that `source` names when they are read: what holds on to the whole or a part follows the
 * language, what holds on to a single text does not.
 */
export function createStrings<const C extends Catalogue>(
  catalogues: Record<Language, Translation<C>> & { en: C },
  source: LocaleSource,
): Strings<C> {
  const root = (): Catalogue => catalogues[languageOf(source.locale) ?? languages[0]] as Catalogue
  return branch(catalogues.en, root, source) as Strings<C>
}

function branch(model: Catalogue, current: () => Catalogue, source: LocaleSource): object {
  const spoken = {}
  for (const [key, value] of Object.entries(model)) {
    const now = () => current()[key]
    const property =
      typeof value !== 'string'
        ? { value: branch(value, () => now() as Catalogue, source) }
        : value.includes('{')
          ? { value: message(() => now() as string, source) }
          : { get: now }
    Object.defineProperty(spoken, key, { ...property, enumerable: true })
  }
  return spoken
}

type Values = Record<string, string | number>

/** Parsed when it is first needed, and again after a change of locale. */
function message(now: () => string, source: LocaleSource): (values: Values) => string {
  let parsed: { locale: string; text: string; format: IntlMessageFormat } | undefined
  return values => {
    const text = now()
    if (parsed?.locale !== source.locale || parsed.text !== text) {
      parsed = { locale: source.locale, text, format: parseMessage(text, source.locale) }
    }
    return parsed.format.format<string>(values) as string
  }
}

/** Throws where `text` is no message. */
export function parseMessage(text: string, locale: string): IntlMessageFormat {
  return new IntlMessageFormat(text, locale, undefined, { ignoreTag: true })
}
