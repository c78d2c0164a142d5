import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { plain, problemOf, switchedOff, threatsIn } from './check-defences.ts'
import { defences } from './defences.ts'

const root = join(import.meta.dirname, '..', '..')
const page = readFileSync(join(root, 'docs', 'security.md'), 'utf8')

it('can switch each defence off: what it replaces is there once, and so is its test', () => {
  expect(defences.map(defence => problemOf(defence, root)).filter(problem => problem !== undefined)).toEqual([])
})

it('knows each defence by an attack that docs/security.md lists', () => {
  const listed = threatsIn(page).map(plain)
  expect(defences.map(({ threat }) => plain(threat)).filter(threat => !listed.includes(threat))).toEqual([])
})

it('names in docs/security.md the test that notices', () => {
  const rows = page.split('\n').filter(line => line.startsWith('| '))
  const unnamed = defences.filter(({ threat, test }) => {
    const row = rows.find(line => plain(line).startsWith(`| ${plain(threat)} `))
    return row?.includes(test.replace(/^src\/(main\/)?/, '')) !== true
  })
  expect(unnamed.map(({ threat, test }) => `${threat}: ${test}`)).toEqual([])
})

it('replaces one piece, as it stands', () => {
  expect(switchedOff({ replace: 'a(b)', with: '$& $1' }, 'x a(b) y')).toBe('x $& $1 y')
})
