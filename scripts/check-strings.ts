import { globSync } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import ts from 'typescript'
import { de as desktopDe } from '../src/main/electron/strings/de.ts'
import { en as desktopEn } from '../src/main/electron/strings/en.ts'
import { de as pagesDe } from '../src/renderer/strings/de.ts'
import { en as pagesEn } from '../src/renderer/strings/en.ts'
import { de as sharedDe } from '../src/shared/strings/de.ts'
import { en as sharedEn } from '../src/shared/strings/en.ts'
import { languages } from '../src/shared/strings/language.ts'
import { compareCatalogues } from './strings/compare-catalogues.ts'
import { findStringUse } from './strings/string-use.ts'

/*
 * Every message is in every language with the same values, something reads it, and what people see comes from a catalogue.
 * Part of `npm run check`.
 */

const catalogues = [
  { folder: 'src/shared/strings', en: sharedEn, de: sharedDe },
  { folder: 'src/main/electron/strings', en: desktopEn, de: desktopDe },
  { folder: 'src/renderer/strings', en: pagesEn, de: pagesDe },
]

const sources = globSync(['src/{shared,renderer}/**/*.{ts,tsx}', 'src/main/{electron,cli}/**/*.ts'], {
  exclude: path => /\.test\.tsx?$|\/testing\/|\/stand-in\//.test(path),
}).map(path => resolve(path))

const catalogueFolders = new Set(catalogues.map(({ folder }) => resolve(folder)))
const { unused, complaints } = findStringUse(
  sources.filter(path => !isTranslation(path)),
  catalogues.map(({ folder }) => resolve(folder, 'en.ts')),
  {
    target: ts.ScriptTarget.ESNext,
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    jsx: ts.JsxEmit.ReactJSX,
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    allowImportingTsExtensions: true,
    types: ['node', 'vite/client'],
  },
)

const all = [
  ...catalogues.flatMap(({ folder, en, de }) =>
    compareCatalogues(en, de, 'de').map(complaint => `${folder}: ${complaint}`),
  ),
  ...unused.map(path => `${path} is not used`),
  ...complaints,
]
function isTranslation(path: string): boolean {
  return catalogueFolders.has(dirname(path)) && languages.some(language => basename(path) === `${language}.ts`)
}

for (const complaint of all) console.error(complaint)
if (all.length > 0) process.exitCode = 1
