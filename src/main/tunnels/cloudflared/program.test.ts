import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { delimiter, join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { candidatePaths, findCloudflared, ownProgramPath, parseVersion, programAt } from './program.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>

beforeEach(async () => {
  folder = await temporaryFolder()
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await folder.remove()
})

async function program(path: string, body: string): Promise<string> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, `#!/bin/sh\n${body}\n`)
  await chmod(path, 0o700)
  return path
}

describe('looking for cloudflared', () => {
  it('passes over what does not run or is something else, and takes the owner’s before the node’s', async () => {
    const folders = ['fails', 'other', 'good'].map(name => join(folder.path, name))
    const [fails = '', other = '', good = ''] = folders.map(path => join(path, 'cloudflared'))
    await program(fails, 'echo cloudflared version 2026.1.0; exit 1')
    await program(other, 'echo some other program 2026.1.0')
    const own = await program(ownProgramPath(folder.path), 'echo "cloudflared version 2026.8.0 (built 2026-08-03)"')
    const places = { dataFolder: folder.path, usual: [], env: { PATH: folders.join(delimiter) } }
    expect(await findCloudflared(places)).toEqual({ path: own, version: '2026.8.0' })
    await program(good, 'echo "cloudflared version 2025.11.1 (built 2025-11-03)"')
    expect(await findCloudflared(places)).toEqual({ path: good, version: '2025.11.1' })
  })

  it('tells a program that it asks nothing of the node’s environment', async () => {
    const path = await program(
      join(folder.path, 'bin', 'cloudflared'),
      '[ -z "$CA_PASSPHRASE" ] && [ -n "$PATH" ] && echo cloudflared version 2026.1.0',
    )
    vi.stubEnv('CA_PASSPHRASE', 'correct horse')
    expect(await programAt(path)).toEqual({ path, version: '2026.1.0' })
  })

  it('stops when it is told to', async () => {
    const path = await program(join(folder.path, 'bin', 'cloudflared'), 'exec sleep 60')
    const stop = new AbortController()
    const found = findCloudflared({ dataFolder: folder.path, env: { PATH: join(path, '..') } }, stop.signal)
    stop.abort()
    await expect(found).rejects.toMatchObject({ name: 'AbortError' })
  })

  it('never takes one from a folder that depends on where the node was started', () => {
    const paths = candidatePaths({
      dataFolder: '/data',
      platform: 'linux',
      env: { PATH: ['.', 'bin', '', '/a'].join(':') },
    })
    expect(paths).toEqual([
      '/a/cloudflared',
      '/usr/local/bin/cloudflared',
      '/usr/bin/cloudflared',
      '/data/bin/cloudflared',
    ])
  })

  it('takes none on Windows from a folder that any user may make', () => {
    const paths = candidatePaths({
      dataFolder: 'C:\\Users\\ada\\data',
      platform: 'win32',
      env: { Path: ['C:\\tools', '\\usr\\bin', 'bin'].join(';') },
      usual: [],
    })
    expect(paths.slice(0, -1)).toEqual(['C:\\tools\\cloudflared.exe'])
  })

  it('reads a version out of anything, or none', () => {
    fc.assert(fc.property(fc.anything(), output => parseVersion(output) === undefined))
    const part = fc.nat({ max: 99 })
    fc.assert(
      fc.property(fc.integer({ min: 2018, max: 2099 }), part, part, fc.string(), (year, month, patch, rest) => {
        const version = `${year}.${month}.${patch}`
        expect(parseVersion(`cloudflared version ${version} ${rest}`)).toBe(version)
        expect(parseVersion(`${rest}x cloudflared version ${version}`)).toBeUndefined()
      }),
    )
  })
})
