import { en } from './en.ts'

/** The catalogue in use. Pages read words from here only, so that another language is another catalogue. */
export const strings = en
