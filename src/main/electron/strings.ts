import { createStrings } from '../../shared/strings/catalogue.ts'
import { Speaker } from '../../shared/strings/speaker.ts'
import { de } from './strings/de.ts'
import { en } from './strings/en.ts'

/** The language that the shell speaks. */
export const speaker = new Speaker()

/** Every word the shell says by itself; the pages have their own. */
export const strings = createStrings({ en, de }, speaker)
