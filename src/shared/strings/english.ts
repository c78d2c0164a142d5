import { createStrings } from './catalogue.ts'
import { de } from './de.ts'
import { en } from './en.ts'

/** For the terminal and the logs, which speak English. */
export const english = createStrings({ en, de }, { locale: 'en-GB' })
