import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from 'zod'

/** A package whose code is part of what is shipped. */
export interface Licence {
  name: string
  version: string
  /** SPDX expression, as the package states it. */
  licence: string
  /** The licence's whole text and notices, as they lie in the package. */
  text: string
}

const lockSchema = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      version: z.string().optional(),
      dependencies: z.record(z.string(), z.string()).optional(),
      optionalDependencies: z.record(z.string(), z.string()).optional(),
      optional: z.boolean().optional(),
    }),
  ),
})
type Lock = z.infer<typeof lockSchema>['packages']

const manifestSchema = z.looseObject({
  name: z.string(),
  version: z.string(),
  license: z.union([z.string(), z.looseObject({ type: z.string() })]).optional(),
  licenses: z.array(z.looseObject({ type: z.string() })).optional(),
  author: z.union([z.string(), z.looseObject({ name: z.string() })]).optional(),
  repository: z.union([z.string(), z.looseObject({ url: z.string() })]).optional(),
})

const dependenciesSchema = z.looseObject({ dependencies: z.record(z.string(), z.string()) })

const licenceFile = /^(?:licen[cs]e|copying|notice|copyright)(?:[.-]|$)/i

/**
 * The licences of all that is shipped: the program's dependencies, what the pages import, and what those bring along. Packages
 * that are not installed here, being for another system, are left out. In the order of their names.
 *
 * @param root folder with package.json, package-lock.json and node_modules
 */
export function collectLicences(root: string): Licence[] {
  const lock = lockSchema.parse(readJson(join(root, 'package-lock.json'))).packages
  const { dependencies } = dependenciesSchema.parse(readJson(join(root, 'package.json')))
  const places = new Set<string>()
  for (const name of [...Object.keys(dependencies), ...importedByPages(root)]) follow(lock, '', name, places)
  const found = new Map<string, Licence>()
  for (const place of places) {
    const folder = join(root, place)
    if (!existsSync(join(folder, 'package.json'))) continue
    const licence = licenceOf(folder)
    found.set(`${licence.name}@${licence.version}`, licence)
  }
  return [...found.values()].sort(
    (a, b) => a.name.localeCompare(b.name, 'en') || a.version.localeCompare(b.version, 'en'),
  )
}

/** All of them as one text, each licence once with the packages under it. */
export function licencesText(licences: readonly Licence[]): string {
  const packagesByText = Map.groupBy(licences, ({ text }) => text)
  return [...packagesByText]
    .map(([text, packages]) => {
      const names = packages.map(({ name, version, licence }) => `${name} ${version} (${licence})`)
      return `${names.join('\n')}\n\n${text}\n`
    })
    .join(`\n${'-'.repeat(80)}\n\n`)
}

/** Adds where `name` lies as seen from `from`, as Node looks for it, and what it depends on. */
function follow(lock: Lock, from: string, name: string, places: Set<string>): void {
  const place = placeOf(lock, from, name)
  if (place === undefined || places.has(place)) return
  places.add(place)
  const { dependencies = {}, optionalDependencies = {} } = lock[place] ?? {}
  for (const next of Object.keys({ ...dependencies, ...optionalDependencies })) follow(lock, place, next, places)
}

function placeOf(lock: Lock, from: string, name: string): string | undefined {
  for (let folder = from; ; folder = folder.slice(0, Math.max(0, folder.lastIndexOf('/node_modules/')))) {
    const place = `${folder === '' ? '' : `${folder}/`}node_modules/${name}`
    if (place in lock) return place
    if (folder === '') return undefined
  }
}

/** Packages that the pages are bundled with. */
function importedByPages(root: string): string[] {
  const files = globSync('src/renderer/**/*.{ts,tsx}', { cwd: root, exclude: path => /\.test\.tsx?$/.test(path) })
  const names = files.flatMap(file =>
    [...readFileSync(join(root, file), 'utf8').matchAll(/from '((?:@[^/']+\/)?[^./'][^/']*)/g)].map(
      match => match[1] ?? '',
    ),
  )
  return [...new Set(names)]
}

function licenceOf(folder: string): Licence {
  const { name, version, license, licenses, author, repository } = manifestSchema.parse(
    readJson(join(folder, 'package.json')),
  )
  const stated =
    typeof license === 'string' ? license : (license?.type ?? licenses?.map(({ type }) => type).join(' OR '))
  const files = readdirSync(folder, { withFileTypes: true }).filter(
    file => file.isFile() && licenceFile.test(file.name),
  )
  const texts = files.map(file => readFileSync(join(folder, file.name), 'utf8').trim())
  const source = typeof repository === 'string' ? repository : repository?.url
  const by = typeof author === 'string' ? author : author?.name
  const statement = [
    `This package states the licence ${stated ?? 'nowhere'} and carries no text of it.`,
    ...(by === undefined ? [] : [`Author: ${by}`]),
    ...(source === undefined ? [] : [`Source: ${source}`]),
  ]
  return { name, version, licence: stated ?? 'see its text', text: texts.join('\n\n') || statement.join('\n') }
}

function readJson(path: string): unknown {
  return JSON.parse(readFileSync(path, 'utf8'))
}
