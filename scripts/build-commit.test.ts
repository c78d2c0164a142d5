import { execFileSync } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildCommit } from './build-commit.ts'

let root: string

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rma-commit-'))
})

afterEach(() => rm(root, { recursive: true, force: true }))

function git(...args: string[]): string {
  const named = ['-c', 'user.name=test', '-c', 'user.email=test@example.org', '-c', 'commit.gpgsign=false']
  return execFileSync('git', ['-C', root, ...named, ...args], { encoding: 'utf8' }).trim()
}

async function commitSources(): Promise<string> {
  await mkdir(join(root, 'src'))
  await writeFile(join(root, 'src', 'main.ts'), 'export {}\n')
  git('init', '--quiet')
  git('add', '.')
  git('commit', '--quiet', '--message', 'Begin')
  return git('rev-parse', 'HEAD').slice(0, 12)
}

it('names the commit, also where files have changed that no build reads', async () => {
  const commit = await commitSources()
  await writeFile(join(root, 'notes.md'), 'not built from')
  expect(buildCommit(root, {})).toBe(commit)
})

it('says so when what a build reads is not what was committed', async () => {
  const commit = await commitSources()
  await writeFile(join(root, 'src', 'new.ts'), 'export {}\n')
  expect(buildCommit(root, {})).toBe(`${commit}.changed`)
})

it('names none outside a repository, and none of a repository around the sources', async () => {
  expect(buildCommit(root, {})).toBeUndefined()
  await commitSources()
  expect(buildCommit(join(root, 'src'), {})).toBeUndefined()
})

it('believes what a builder without the repository is told, if that is a hash', () => {
  expect(buildCommit(root, { RMA_DONOR_COMMIT: '5897f2c8a1b2d3e4f5061728394a5b6c7d8e9f00' })).toBe('5897f2c8a1b2')
  expect(buildCommit(root, { RMA_DONOR_COMMIT: '5897f2c8a1b2.changed' })).toBe('5897f2c8a1b2.changed')
  expect(buildCommit(root, { RMA_DONOR_COMMIT: '' })).toBeUndefined()
  expect(() => buildCommit(root, { RMA_DONOR_COMMIT: '"; process.exit(1)' })).toThrow('expected a commit’s hash')
})
