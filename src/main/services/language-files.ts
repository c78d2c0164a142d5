import { existsSync } from 'node:fs'
import { readdir } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { languageCode } from '../../shared/schema/primitives.ts'

/** Data of a language for the recogniser. */
export interface LanguageFile {
  /** Tesseract's code, such as `eng`. */
  code: string
  /** `<code>.traineddata`, or the same with `.gz`. */
  file: string
}

/** Tesseract's own data that is no language: orientation, and equations. */
const noLanguages = new Set(['osd', 'equ'])
/** Best model with integer weights: as exact as the floating-point one, twice as fast. */
const variant = '4.0.0_best_int'

/** Where the data of English lies, which is shipped; undefined where the installation is incomplete. */
export function shippedFolder(): string | undefined {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json')), variant)
  } catch {
    return undefined // Then no language is there, which the service says.
  }
}

/** Where programs of the system look for Tesseract's data; `root` is the system's, for tests another. */
export async function systemFolders(root = '/'): Promise<string[]> {
  const debian = join(root, 'usr/share/tesseract-ocr')
  const versions = await namesIn(debian)
  return [
    ...versions
      .sort()
      .reverse()
      .map(version => join(debian, version, 'tessdata')),
    ...['usr/share/tessdata', 'usr/local/share/tessdata', 'opt/homebrew/share/tessdata'].map(each => join(root, each)),
    ...(process.platform === 'win32' ? ['C:\\Program Files\\Tesseract-OCR\\tessdata'] : []),
  ].filter(each => existsSync(each))
}

/** The data in these folders by the codes of its languages; where two have one, the earlier folder's. */
export async function languagesIn(folders: readonly string[]): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (const folder of folders) {
    for (const name of (await namesIn(folder)).sort()) {
      const code = /^(\w+)\.traineddata(?:\.gz)?$/.exec(name)?.[1]
      if (code === undefined || noLanguages.has(code) || found.has(code)) continue
      if (languageCode.test(code)) found.set(code, join(folder, name))
    }
  }
  return found
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch {
    return [] // Missing, no folder, or not to be read: no language is there for us.
  }
}
