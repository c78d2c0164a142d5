/**
 * Writes out/licences.txt: name, version, licence and licence text of every package that is shipped, in the app or bundled
 * into its pages. Ends with an error where a package has a licence that was not looked at before.
 */
import { readdir, readFile, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { parseLock, shippedFolders } from './shipped-packages.ts'

const root = resolve(import.meta.dirname, '../..')

/** Development dependencies that the pages' bundle holds. */
const bundled = ['d3-force', 'graphology', 'lucide-react', 'react', 'react-aria-components', 'react-dom', 'zustand']

/** Licences that allow to pass the app on as it is; LGPL code lies beside it in files of its own, to be replaced. */
const known =
  /^(?:0BSD|Apache-2\.0|BlueOak-1\.0\.0|BSD-2-Clause|BSD-3-Clause|CC0-1\.0|CC-BY-4\.0|ISC|LGPL-3\.0-or-later|MIT|MIT-0|Python-2\.0|Unlicense|WTFPL|Zlib)$/

const manifestSchema = z.object({ dependencies: z.record(z.string(), z.string()) })
const packageSchema = z.object({
  license: z.union([z.string(), z.object({ type: z.string() }).transform(({ type }) => type)]).optional(),
  licenses: z.array(z.object({ type: z.string() })).optional(),
})

function isKnown(licence: string): boolean {
  const alternatives = licence.replace(/[()]/g, '').split(/ OR /i)
  return alternatives.some(alternative => alternative.split(/ AND /i).every(each => known.test(each.trim())))
}

async function licenceOf(folder: string): Promise<string> {
  const { license, licenses } = packageSchema.parse(JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')))
  return license ?? licenses?.map(({ type }) => type).join(' OR ') ?? 'none named'
}

async function textOf(folder: string): Promise<string> {
  const file = (await readdir(folder)).find(name => /^(?:licen[cs]e|copying)(?:[.-]|$)/i.test(name))
  if (file === undefined) return 'The package holds no licence text.'
  return (await readFile(join(folder, file), 'utf8').catch(() => '')).trim()
}

const lock = parseLock(await readFile(join(root, 'package-lock.json'), 'utf8'))
const { dependencies } = manifestSchema.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
const parts: string[] = []
const unknown: string[] = []
for (const folder of shippedFolders(lock, [...Object.keys(dependencies), ...bundled])) {
  const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length)
  const installed = await readdir(join(root, folder)).catch(() => undefined)
  // Native code for other systems is not here; its licence is that of the package that asks for it.
  const licence = installed === undefined ? lock.packages[folder]?.license : await licenceOf(join(root, folder))
  if (licence === undefined || !isKnown(licence)) unknown.push(`${name}: ${licence}`)
  const text =
    installed === undefined
      ? 'For another system than the one this list was made on.'
      : await textOf(join(root, folder))
  parts.push(`${name} ${lock.packages[folder]?.version ?? ''}\n${licence}\n\n${text}`)
}
if (unknown.length > 0) {
  console.error(`licences that have to be looked at first:\n${unknown.join('\n')}`)
  process.exitCode = 1
} else {
  const electron = 'Electron and Chromium: see LICENSE.electron.txt and LICENSES.chromium.html beside the program.'
  await writeFile(join(root, 'out', 'licences.txt'), `${[electron, ...parts].join(`\n\n${'-'.repeat(78)}\n\n`)}\n`)
  console.log(`out/licences.txt: ${parts.length} packages`)
}
