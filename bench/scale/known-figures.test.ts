import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { KnownFigures } from './known-figures.ts'
import type { Scenario } from './scenario.ts'

const scenario: Scenario = {
  workers: 20,
  coordinators: 3,
  serverShare: 0.05,
  requesters: 2,
  requestsPerSecond: 2,
  seed: 1,
}
const figures = { 'findWarm.p50': 2.5 }

let folder: { path: string; remove: () => Promise<void> }

beforeEach(async () => {
  folder = await temporaryFolder()
  await mkdir(join(folder.path, 'src/main'), { recursive: true })
  await write('package-lock.json', '{}')
  await write('src/main/finder.ts', 'export const places = 20')
  await (await KnownFigures.of(scenario, folder.path)).keep(figures)
})

afterEach(() => folder.remove())

const write = (path: string, text: string) => writeFile(join(folder.path, path), text)
const known = async (of: Scenario = scenario) => (await KnownFigures.of(of, folder.path)).read()

it('tells what the same code made of the same scenario', async () => {
  expect(await known()).toEqual(figures)
  await write('src/main/finder.test.ts', '// Tests change nothing.')
  expect(await known()).toEqual(figures)
})

it('knows nothing of another scenario, nor of other code or other libraries', async () => {
  expect(await known({ ...scenario, seed: 2 })).toBeUndefined()
  await write('src/main/finder.ts', 'export const places = 21')
  expect(await known()).toBeUndefined()
  await write('src/main/finder.ts', 'export const places = 20')
  expect(await known()).toEqual(figures)
  await write('package-lock.json', '{ }')
  expect(await known()).toBeUndefined()
})
