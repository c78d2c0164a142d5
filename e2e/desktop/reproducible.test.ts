import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { cp, glob, mkdir, readFile, symlink, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it, onTestFinished } from 'vitest'
import packageJson from '../../package.json' with { type: 'json' }
import { buildInputs } from '../../scripts/build-commit.ts'
import { minute } from '../../src/shared/units.ts'
import { runCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { builtBundle, runPackaged } from './support/desktop-process.ts'

const run = promisify(execFile)
const root = resolve(import.meta.dirname, '../..')
const isBuilt = existsSync(builtBundle)
if (!isBuilt) console.log('The test of the version stamp is skipped: out/ has not been built (npm run build)')

/** `1.2.3+5897f2c8a1b2`, and `.changed` where the sources are not those of the commit. */
const stamped = /^(\d+\.\d+\.\d+)\+([0-9a-f]{12}(?:\.changed)?)$/

async function stamp(): Promise<RegExpExecArray | null> {
  return stamped.exec((await runCommand(['--version'])).stdout.trim())
}

/** The build's recipe, for a folder that borrows its modules: by their real paths comments in the bundles would name them. */
const linked = `
import recipe from './electron.vite.config.ts'
for (const part of Object.values(recipe)) part.resolve = { ...part.resolve, preserveSymlinks: true }
export default recipe
`

/** What each file of a build holds, by its path. Source maps, which are not shipped, name folders of the builder. */
async function contents(folder: string): Promise<Map<string, string>> {
  const hashes = new Map<string, string>()
  for await (const path of glob('{main,preload,renderer}/**/*.*', { cwd: folder })) {
    if (path.endsWith('.map')) continue
    hashes.set(
      path,
      createHash('sha256')
        .update(await readFile(join(folder, path)))
        .digest('hex'),
    )
  }
  return hashes
}

describe.skipIf(!isBuilt)('a build', () => {
  it('says in its command, and in the app’s own program, of which release and commit it is', async () => {
    const [version, release] = (await stamp()) ?? []
    expect(release).toBe(packageJson.version)
    const { path: dataFolder, remove } = await temporaryFolder('rma-version-')
    onTestFinished(remove)
    expect(await runPackaged({ main: builtBundle, dataFolder }, ['--version'])).toMatchObject({
      code: 0,
      stdout: `${version}\n`,
    })
  })

  it('is the same, byte for byte, from the same sources in another folder', { timeout: 3 * minute }, async () => {
    const { path: elsewhere, remove } = await temporaryFolder('rma-reproducible-')
    onTestFinished(remove)
    for (const path of [...buildInputs, 'tsconfig.json', 'tsconfig.node.json', 'tsconfig.web.json']) {
      await mkdir(dirname(join(elsewhere, path)), { recursive: true })
      await cp(join(root, path), join(elsewhere, path), { recursive: true })
    }
    await writeFile(join(elsewhere, 'linked.config.ts'), linked)
    await symlink(join(root, 'node_modules'), join(elsewhere, 'node_modules'))
    const [, , commit = ''] = (await stamp()) ?? []
    const env = { ...process.env, RMA_DONOR_COMMIT: commit }
    const builder = join(root, 'node_modules/electron-vite/bin/electron-vite.js')
    await run(process.execPath, [builder, 'build', '--config', 'linked.config.ts'], { cwd: elsewhere, env })
    const built = await contents(join(root, 'out'))
    const again = await contents(join(elsewhere, 'out'))
    expect(again.size).toBeGreaterThan(20)
    expect(again).toEqual(built)
  })
})
