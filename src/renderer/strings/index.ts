import { createStrings } from '../../shared/strings/catalogue.ts'
import { Speaker } from '../../shared/strings/speaker.ts'
import { de } from './de.ts'
import { en } from './en.ts'

/** The language that the pages speak. */
export const speaker = new Speaker()

/**
 * Every word of the pages, in the language of the moment: read them while drawing, never when a module is loaded. When the
 * language changes, the whole page is drawn again and keeps its state.
 */
export const strings = createStrings({ en, de }, speaker)
