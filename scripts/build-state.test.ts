import { mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { buildInputs } from './build-commit.ts'
import { needsBuild } from './build-state.ts'

let root: string

async function write(path: string, modifiedAt: number): Promise<void> {
  const file = join(root, path)
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, '')
  await utimes(file, modifiedAt, modifiedAt)
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'rma-build-'))
  for (const path of [...buildInputs.filter(path => path !== 'src'), 'src/main/node.ts']) await write(path, 1_000)
  for (const path of ['main/cli.js', 'main/electron.js', 'preload/index.cjs', 'renderer/index.html']) {
    await write(`out/${path}`, 2_000)
  }
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('a build', () => {
  it('is good while it is newer than its sources', async () => {
    expect(await needsBuild(root)).toBe(false)
  })

  it('is needed after a source or the build’s configuration has changed', async () => {
    await write('src/main/deep/part.ts', 3_000)
    expect(await needsBuild(root)).toBe(true)
    await write('src/main/deep/part.ts', 1_000)
    await write('package-lock.json', 3_000)
    expect(await needsBuild(root)).toBe(true)
  })

  it('is needed when a part of it is missing', async () => {
    await rm(join(root, 'out/renderer/index.html'))
    expect(await needsBuild(root)).toBe(true)
  })

  it('does not depend on tests', async () => {
    await write('src/main/node.test.ts', 3_000)
    expect(await needsBuild(root)).toBe(false)
  })
})
