import { expect, it } from 'vitest'
import type { Update } from '../../shared/schema/desktop.ts'
import { day, minute } from '../../shared/units.ts'
import { type InstallFacts, installsByItself } from './update-rules.ts'

const update: Update = { kind: 'ready', version: '1.1.0', notes: '', waitsFor: 'end' }
const free: InstallFacts = { update, readyForMs: minute, jobs: 0, visible: false, quiet: true }

it.each<[string, Partial<InstallFacts>, boolean]>([
  ['when nothing runs and nobody looks', {}, true],
  ['not while a job runs', { jobs: 1 }, false],
  ['after a day although there is always a job', { jobs: 1, readyForMs: day }, true],
  ['not under the eyes of the owner', { visible: true }, false],
  ['not where it asks for a password', { quiet: false }, false],
  ['not before it is loaded', { update: { kind: 'loading', version: '1.1.0', share: 0.9 } }, false],
])('an update installs itself %s', (_when, facts, expected) => {
  expect(installsByItself({ ...free, ...facts })).toBe(expected)
})
