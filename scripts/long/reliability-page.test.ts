import { expect, it } from 'vitest'
import { merged, type Part, type Results, reliabilityPage } from './reliability-page.ts'

const part = (title: string, figures: Part['figures']): Part => ({
  title,
  ranWith: { command: 'npm run test:long -- e2e/x', seed: 3 },
  figures,
  on: '2026-06-01',
  commit: 'abc',
  machine: '2 processors',
  versions: 'Node 24',
  passed: true,
})
const test = (name: string, outcome: string) => ({ name, file: 'e2e/x.long.ts', on: '2026-06-01', outcome })

it('keeps what a run did not touch, and replaces what it did', () => {
  const before: Results = {
    parts: [part('Fuzz', { inputs: 1 }), part('Soak', { hours: 1 })],
    tests: [test('a', 'failed')],
  }
  const now: Results = { parts: [part('Fuzz', { inputs: 2 })], tests: [test('a', 'passed'), test('b', 'skipped')] }
  expect(merged(before, now)).toEqual({
    parts: [part('Fuzz', { inputs: 2 }), part('Soak', { hours: 1 })],
    tests: [test('a', 'passed'), test('b', 'skipped')],
  })
})

it('names what failed, what it ran with, and what was never run', () => {
  const page = reliabilityPage(
    { parts: [{ ...part('Fuzz', { inputs: 2 }), passed: false }], tests: [test('a', 'passed')] },
    ['e2e/x.long.ts', 'e2e/y.long.ts'],
  )
  expect(page).toContain('**Failed** on 2026-06-01, commit abc: `npm run test:long -- e2e/x`, seed 3.')
  expect(page).toContain('| inputs | 2 |')
  expect(page).toContain('| all of `e2e/y.long.ts` | | never run |')
})
