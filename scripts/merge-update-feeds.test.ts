import { findFile, parseUpdateInfo, resolveFiles } from 'electron-updater/out/providers/Provider.js'
import { afterEach, describe, expect, it } from 'vitest'
import { mergeFeeds } from './merge-update-feeds.ts'

const own = process.arch
const setArch = (value: string) => Object.defineProperty(process, 'arch', { value, configurable: true })
afterEach(() => setArch(own))

const feed = (arch: string, version = '1.2.3') => `version: ${version}
files:
  - url: rma-donor-${version}-win-${arch}.exe
    sha512: hash-of-${arch}
    size: 12
path: rma-donor-${version}-win-${arch}.exe
sha512: hash-of-${arch}
releaseDate: '2026-06-03T12:00:00.000Z'
`

/** The installer that a program of an architecture takes, by the very code that it updates itself with. */
function taken(text: string, arch: string): string | undefined {
  setArch(arch)
  const base = new URL('https://example.org/')
  const info = parseUpdateInfo(text, 'latest.yml', base)
  return findFile(resolveFiles(info, base), 'exe')?.url.pathname
}

describe('feeds for updates on Windows', () => {
  it.each(['x64', 'arm64'])('that are merged give a program for %s its own installer', arch => {
    expect(taken(mergeFeeds([feed('x64'), feed('arm64')]), arch)).toBe(`/rma-donor-1.2.3-win-${arch}.exe`)
  })

  it('of one machine alone would not', () => {
    expect(taken(feed('x64'), 'arm64')).toBe('/rma-donor-1.2.3-win-x64.exe')
  })

  it('name the first for programs that know no list, and each file once', () => {
    const merged = mergeFeeds([feed('x64'), feed('arm64'), feed('x64')])
    expect(merged).toContain('path: rma-donor-1.2.3-win-x64.exe')
    expect(merged.match(/- url:/g)).toHaveLength(2)
  })

  it('of different versions are refused', () => {
    expect(() => mergeFeeds([feed('x64'), feed('arm64', '1.2.4')])).toThrow('got 1.2.3 and 1.2.4')
    expect(() => mergeFeeds([])).toThrow('got none')
  })
})
