import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import ts from 'typescript'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { findStringUse } from './string-use.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rma-strings-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const catalogue = `
  const en = { stop: 'Stop', go: 'Go', colour: { red: 'Red', blue: 'Blue' }, kind: { a: 'A', b: 'B' }, ask: 'Ask {name}' } as const
  type Spoken<C> = { readonly [K in keyof C]: C[K] extends string ? (C[K] extends 'Ask {name}' ? (values: {}) => string : string) : Spoken<C[K]> }
  export const strings = en as unknown as Spoken<typeof en>`

function find(source: string) {
  const paths = { 'en.ts': catalogue, 'page.tsx': `import { strings } from './en.ts'\n${source}` }
  for (const [name, text] of Object.entries(paths)) writeFileSync(join(folder, name), text)
  const [en, page] = Object.keys(paths).map(name => join(folder, name))
  const { unused, complaints } = findStringUse([en ?? '', page ?? ''], [en ?? ''], {
    noLib: true,
    jsx: ts.JsxEmit.Preserve,
    allowImportingTsExtensions: true,
    types: [],
  })
  return { unused: unused.map(path => path.replace(/^.*: /, '')), complaints }
}

it('knows a message that is read by name, by a choice of names, as a table, or taken apart', () => {
  expect(
    find(`
      export function page(c: 'red' | 'blue') {
        const table: { [key: string]: string } = strings.kind
        const { stop } = strings
        return [strings.colour[c], table, stop, strings.ask({})]
      }`),
  ).toEqual({ unused: ['go'], complaints: [] })
})

it('complains about a message that is read before the language is known', () => {
  expect(find('export const label = strings.go\nexport const ask = strings.ask').complaints).toEqual([
    expect.stringMatching(/: go is read when the module is loaded$/),
  ])
})

it.each([
  ['<p>Hello there</p>', 'Hello there'],
  ['<p aria-label="A name">{1}</p>', 'A name'],
  ['<p title={1 ? "Yes" : strings.go}>·</p>', 'Yes'],
  ['<p>{1 ? `some things` : "×"}</p>', 'some things'],
])('complains about the words in %s', (element, words) => {
  expect(find(`export const page = () => ${element}`).complaints).toEqual([
    expect.stringContaining(`“${words}” belongs into the catalogue`),
  ])
})

it('lets marks, names of classes and units of style pass', () => {
  expect(find('export const page = () => <p className="wide" lang="en">{"·"} × {1 ? "" : "–"}</p>').complaints).toEqual(
    [],
  )
})
