import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

/** Best model with integer weights: as exact as the floating-point one, twice as fast. */
const variant = '4.0.0_best_int'

export interface OcrOptions {
  /** Tesseract's codes, such as `eng`; the first counts most. */
  languages: string[]
  /** Folder with `<code>.traineddata` files of all of them, for languages that are not shipped. */
  dataFolder?: string | undefined
}

/** Where the data of all the languages lies, and whether it is compressed; the recogniser takes one folder. */
export function languageFolder({ languages, dataFolder }: OcrOptions): { folder: string; gzip: boolean } {
  const candidates = [dataFolder, ...languages.map(packageFolder)].flatMap(folder =>
    folder === undefined
      ? []
      : [
          { folder, gzip: false },
          { folder, gzip: true },
        ],
  )
  const found = candidates.find(({ folder, gzip }) =>
    languages.every(code => existsSync(join(folder, `${code}.traineddata${gzip ? '.gz' : ''}`))),
  )
  if (found) return found
  throw new Error(`expected one folder with the data of ${languages.join(', ')}`)
}

function packageFolder(code: string): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve(`@tesseract.js-data/${code}/package.json`)), variant)
  } catch {
    return undefined // Not installed, as most languages are not.
  }
}
