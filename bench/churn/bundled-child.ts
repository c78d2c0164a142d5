import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'vite'

const root = fileURLToPath(new URL('../../', import.meta.url))
/** Within reach of node_modules, from which native code is loaded as it is. */
const folder = join(root, 'node_modules/.cache/rma-donor-churn')
const native = ['classic-level', 'datastore-level', 'level']

/** Bundles the program of a churning node and returns its path: from its sources each start takes three times as long. */
export async function bundleChild(): Promise<string> {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    ssr: { noExternal: true, external: native },
    build: { ssr: 'bench/churn/churning-child.ts', target: 'node24', outDir: folder, emptyOutDir: true },
  })
  return join(folder, 'churning-child.js')
}
