import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { networkId } from '../../src/shared/membership/network-id.ts'

const root = resolve(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')

const targetSchema = z.object({ target: z.string(), arch: z.array(z.string()) })
const recipe = z
  .looseObject({
    linux: z.looseObject({ target: z.array(targetSchema) }),
    win: z.looseObject({ target: z.array(targetSchema) }),
    nsis: z.looseObject({ perMachine: z.boolean(), allowElevation: z.boolean(), include: z.string() }),
    mac: z.looseObject({
      target: z.array(targetSchema),
      hardenedRuntime: z.boolean(),
      entitlements: z.string(),
      extendInfo: z.object({ NSLocalNetworkUsageDescription: z.string(), NSBonjourServices: z.array(z.string()) }),
    }),
    electronFuses: z.record(z.string(), z.boolean()),
    deb: z.object({ afterInstall: z.string(), afterRemove: z.string() }),
  })
  .parse(parse(read('electron-builder.yml')))

describe('the recipe for installers', () => {
  it('makes them for three systems and both architectures', () => {
    const targets = (part: 'linux' | 'win' | 'mac') =>
      recipe[part].target.flatMap(({ target, arch }) => arch.map(each => `${target} ${each}`)).sort()
    expect(targets('linux')).toEqual(['AppImage arm64', 'AppImage x64', 'deb arm64', 'deb x64'])
    expect(targets('win')).toEqual(['nsis arm64', 'nsis x64'])
    expect(targets('mac')).toEqual(['dmg universal', 'zip universal'])
  })

  it('lets nobody start the program as plain Node, or with a debugger, or with other code than its own', () => {
    expect(recipe.electronFuses).toMatchObject({
      runAsNode: false,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      onlyLoadAppFromAsar: true,
      enableCookieEncryption: true,
    })
  })

  it('asks no administrator on Windows, and hardens the program on macOS', () => {
    expect(recipe.nsis).toMatchObject({ perMachine: false, allowElevation: false })
    expect(recipe.mac.hardenedRuntime).toBe(true)
    const granted = [...read(recipe.mac.entitlements).matchAll(/<key>([^<]+)<\/key>/g)].map(([, key]) => key)
    expect(granted).toEqual(['com.apple.security.cs.allow-jit'])
  })

  it('declares to macOS the very service by which nodes find each other without any settings', () => {
    expect(recipe.mac.extendInfo.NSBonjourServices).toEqual([`_rma-${networkId('local')}._udp`])
  })

  it('asks on Windows before data is deleted, and keeps it when nobody answers', () => {
    const script = read(recipe.nsis.include)
    expect(script).toMatch(/MessageBox MB_YESNO\|MB_ICONQUESTION\|MB_DEFBUTTON2 .* \/SD IDNO IDNO keepData\n\s+RMDir/)
    expect(script.match(/RMDir/g)).toHaveLength(1)
  })
})

describe.skipIf(process.platform === 'win32')('the scripts of installers', () => {
  it.each([
    recipe.deb.afterInstall,
    recipe.deb.afterRemove,
    'packaging/bin/linux/rma-donor',
    'packaging/bin/mac/rma-donor',
  ])('%s is one that a shell can read', path => {
    execFileSync('bash', ['-n', join(root, path)])
  })

  it('of a Debian package end what still runs when it is removed, and nothing when it is replaced', () => {
    const script = read(recipe.deb.afterRemove)
    expect(script).toMatch(/\[ "\$1" = remove \] \|\| \[ "\$1" = purge \]/)
    expect(script.indexOf('kill -s')).toBeGreaterThan(script.indexOf('"$1" = remove'))
    expect(script).not.toMatch(/rm -[a-z]*r[a-z]* .*share/)
  })
})
