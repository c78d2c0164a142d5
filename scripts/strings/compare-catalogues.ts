import type { IntlMessageFormat } from 'intl-messageformat'
import { type Catalogue, parseMessage } from '../../src/shared/strings/catalogue.ts'
import type { Language } from '../../src/shared/strings/language.ts'

/** What is wrong between a catalogue and the English one; nothing where it can take its place. */
export function compareCatalogues(english: Catalogue, other: Catalogue, language: Language): string[] {
  const originals = messagesOf(english)
  const translations = messagesOf(other)
  return [
    ...[...originals.keys()].filter(key => !translations.has(key)).map(key => `${language}: ${key} is missing`),
    ...[...translations].flatMap(([key, text]) => {
      const original = originals.get(key)
      if (original === undefined) return [`${language}: ${key} is not in the English catalogue`]
      return compareMessages(original, text, language).map(complaint => `${language}: ${key}: ${complaint}`)
    }),
  ]
}

/** Messages by their whole path, such as `topology.group.title`. */
export function messagesOf(catalogue: Catalogue, path = ''): Map<string, string> {
  const found = new Map<string, string>()
  for (const [key, value] of Object.entries(catalogue)) {
    if (typeof value === 'string') found.set(path + key, value)
    else for (const [inner, text] of messagesOf(value, `${path}${key}.`)) found.set(inner, text)
  }
  return found
}

function compareMessages(original: string, translation: string, language: Language): string[] {
  if (translation.trim() === '') return ['it is empty']
  try {
    const wanted = shapeOf(parseMessage(original, 'en').getAst(), 'en')
    const found = shapeOf(parseMessage(translation, language).getAst(), language)
    const complaints = [...found.missingForms].map(form => `the plural form ${form} is missing`)
    for (const name of new Set([...wanted.values.keys(), ...found.values.keys()])) {
      const [want, have] = [wanted.values.get(name), found.values.get(name)]
      if (want !== have) complaints.push(`{${name}} is ${want ?? 'no value'} in English and ${have ?? 'left out'} here`)
    }
    return complaints
  } catch (error) {
    return [`it is no ICU message: ${error instanceof Error ? error.message : error}`]
  }
}

type Ast = ReturnType<IntlMessageFormat['getAst']>

interface Shape {
  /** What each value is, and among which cases it selects. */
  values: Map<string, string>
  missingForms: Set<string>
}

function shapeOf(ast: Ast, language: string): Shape {
  const shape: Shape = { values: new Map(), missingForms: new Set() }
  const forms = new Intl.PluralRules(language).resolvedOptions().pluralCategories
  const walk = (elements: Ast) => {
    for (const element of elements) {
      // The kinds are those of @formatjs/icu-messageformat-parser; a plural and a number both take a number.
      if (element.type === 1) shape.values.set(element.value, 'text')
      if (element.type === 2) shape.values.set(element.value, 'a number')
      if (element.type === 3 || element.type === 4) shape.values.set(element.value, 'a time')
      if (element.type === 5)
        shape.values.set(element.value, `one of ${Object.keys(element.options).sort().join(', ')}`)
      if (element.type === 6) {
        shape.values.set(element.value, 'a number')
        for (const form of forms) if (!(form in element.options)) shape.missingForms.add(form)
      }
      if (element.type === 5 || element.type === 6) for (const { value } of Object.values(element.options)) walk(value)
    }
  }
  walk(ast)
  return shape
}
