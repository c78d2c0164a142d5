import { join } from 'node:path'
import { build } from 'vite'

/** The Worker as one module, as `wrangler deploy` would bundle it. */
export async function bundleWorker(): Promise<string> {
  const result = await build({
    configFile: false,
    logLevel: 'warn',
    build: {
      write: false,
      target: 'es2024',
      minify: true,
      lib: { entry: join(import.meta.dirname, '..', 'worker.ts'), formats: ['es'] },
      rollupOptions: { external: [/^cloudflare:/] },
    },
  })
  const output = [result].flat().flatMap(each => ('output' in each ? each.output : []))
  const chunk = output.find(each => each.type === 'chunk')
  if (chunk === undefined || output.length !== 1) throw new Error(`expected one chunk, got ${output.length}`)
  return chunk.code
}
