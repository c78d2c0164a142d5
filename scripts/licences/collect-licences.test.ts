import { join } from 'node:path'
import { expect, it } from 'vitest'
import { collectLicences, licencesText } from './collect-licences.ts'

const licences = collectLicences(join(import.meta.dirname, '..', '..'))
const names = licences.map(({ name }) => name)

it('has what the program depends on, what its pages are bundled with, and what those bring along', () => {
  expect(names).toEqual(expect.arrayContaining(['libp2p', 'zod', 'multiformats', 'react', 'scheduler', 'lucide-react']))
})

it('leaves out what is only there to build and test', () => {
  for (const tool of ['vitest', 'typescript', 'electron-builder', '@playwright/test']) expect(names).not.toContain(tool)
})

it('knows every licence, and has the text or at least the source of nearly all', () => {
  expect(licences.filter(({ licence }) => licence === 'see its text')).toEqual([])
  const without = licences.filter(({ text }) => text.startsWith('This package states'))
  expect(without.length).toBeLessThan(licences.length / 3)
  expect(without.filter(({ text }) => !/Author|Source/.test(text)).length).toBeLessThan(3)
})

it('says a text that many packages share once', () => {
  const text = licencesText([
    { name: 'a', version: '1.0.0', licence: 'MIT', text: 'Do as you like.' },
    { name: 'b', version: '2.0.0', licence: 'MIT', text: 'Do as you like.' },
    { name: 'c', version: '3.0.0', licence: 'ISC', text: 'Do.' },
  ])
  expect(text).toContain('a 1.0.0 (MIT)\nb 2.0.0 (MIT)\n\nDo as you like.')
  expect(text.match(/Do as you like/g)).toHaveLength(1)
})
