import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createPackage } from '@electron/asar'
import electronPackage from 'electron/package.json' with { type: 'json' }

/** Marks the fuse wire in Electron's binary: this text, the wire's version, its length, one character for each fuse. */
const fuseSentinel = 'dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'

/**
 * Lays out what electron-builder expects of an unpacked Electron, with a fuse wire but no browser. Its program writes its
 * arguments, a line each, to the file that STAND_IN_RECORD names.
 */
export async function makeStandInDistribution(folder: string): Promise<void> {
  await mkdir(join(folder, 'locales'), { recursive: true })
  await mkdir(join(folder, 'resources'))
  const executable = Buffer.concat([
    Buffer.from(
      `#!/bin/sh\n[ -z "$STAND_IN_RECORD" ] || printf '%s\\n' "$@" >"$STAND_IN_RECORD"\nexit 0\n${fuseSentinel}`,
    ),
    Buffer.from([1, 9]),
    Buffer.from('101001011'),
    Buffer.from('\n'),
  ])
  await writeFile(join(folder, 'electron'), executable)
  await chmod(join(folder, 'electron'), 0o755)
  await copyFile(join(folder, 'electron'), join(folder, 'chrome-sandbox'))
  await writeFile(join(folder, 'version'), electronPackage.version)
  await writeFile(join(folder, 'LICENSE'), 'MIT')
  await writeFile(join(folder, 'LICENSES.chromium.html'), '')
  await writeFile(join(folder, 'locales', 'en-US.pak'), '')
  const defaultApp = join(folder, 'default-app')
  await mkdir(defaultApp)
  await writeFile(join(defaultApp, 'package.json'), '{"name":"default-app","main":"index.js"}')
  await writeFile(join(defaultApp, 'index.js'), '')
  await createPackage(defaultApp, join(folder, 'resources', 'default_app.asar'))
}
