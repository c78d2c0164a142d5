import { join } from 'node:path'
import { build, preview } from 'vite'

const pageFolder = join(import.meta.dirname, '..', '..', 'src', 'client', 'example')

export interface PageSite {
  url: string
  close: () => Promise<void>
}

/** Builds the web client's example page into a folder in there, and resolves with that folder. */
export async function buildExamplePage(folder: string): Promise<string> {
  const outDir = join(folder, 'page')
  await build({
    root: pageFolder,
    configFile: false,
    base: './',
    logLevel: 'warn',
    build: { outDir, emptyOutDir: true },
  })
  return outDir
}

/** A web site of its own: another port is another origin. */
export async function servePage(outDir: string): Promise<PageSite> {
  const server = await preview({
    root: pageFolder,
    configFile: false,
    logLevel: 'warn',
    build: { outDir },
    preview: { host: '127.0.0.1', port: 0 },
  })
  const url = server.resolvedUrls?.local[0]
  if (url === undefined) throw new Error('expected the page to be served')
  return { url, close: () => server.close() }
}
