import { sep } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { pages } from '../../shared/pages.ts'
import { pageOf, pageUrl, resolveAppFile } from './app-url.ts'

it('serves files of the folder with their type, the index for the root', () => {
  expect(resolveAppFile('app://rma-donor/assets/index-Bx1.js', '/app')).toEqual({
    path: '/app/assets/index-Bx1.js',
    mimeType: 'text/javascript; charset=utf-8',
  })
  expect(resolveAppFile('app://rma-donor/', '/app')?.path).toBe('/app/index.html')
  expect(resolveAppFile('app://rma-donor/index.html?x#/logs', '/app')?.path).toBe('/app/index.html')
})

it.each([
  'app://rma-donor/../package.json',
  'app://rma-donor/..%2f..%2fpackage.json',
  'app://rma-donor/%2e%2e/package.json',
  'app://rma-donor/a\\..\\..\\x.js',
  'app://rma-donor//etc/x.js',
  'app://rma-donor/C:/x.js',
  'app://rma-donor/.env.json',
  'app://rma-donor/x.js::$DATA',
  'app://rma-donor/secret.pem',
  'app://other/index.html',
  'file:///etc/passwd',
])('refuses %s', url => {
  expect(resolveAppFile(url, '/app')).toBeUndefined()
})

it('never leads out of the folder, whatever is asked', () => {
  const piece = fc.oneof(fc.constantFrom('..', '.', '%2e%2e', '/', '%2f', '\\', '%5c', ':', 'a.js', '\0'), fc.string())
  fc.assert(
    fc.property(fc.array(piece), pieces => {
      const file = resolveAppFile(`app://rma-donor/${pieces.join('')}`, `${sep}app`)
      expect(
        file === undefined || (file.path.startsWith(`${sep}app${sep}`) && !file.path.split(sep).includes('..')),
      ).toBe(true)
    }),
  )
})

it('knows its own pages and no others', () => {
  expect(pageOf('app://rma-donor/index.html#/topology?window=1')).toBe('topology')
  for (const page of pages) expect(pageOf(pageUrl(page))).toBe(page)
  expect(pageOf('app://rma-donor/index.html')).toBe('status')
  expect(pageOf('app://rma-donor/other.html')).toBeUndefined()
  expect(pageOf('https://rma-donor/index.html')).toBeUndefined()
  expect(pageOf('not an address')).toBeUndefined()
})
