import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { extname, join, relative, sep } from 'node:path'
import { pageTypes } from '../page-types.ts'

export interface StaticFile {
  bytes: Buffer
  contentType: string
  etag: string
  /** Its name changes with its content, so a browser may keep it for ever. */
  immutable: boolean
}

/** Files by request path. Only what was in the folder at the start can be asked for: a path is a key, never a file name. */
export type StaticFiles = ReadonlyMap<string, StaticFile>

const hashedName = /-[A-Za-z0-9_-]{8}\.[a-z0-9]+$/

/** Reads the built pages, a few hundred KiB, into memory. `/` is index.html. Empty when the folder does not exist. */
export async function loadStaticFiles(folder: string): Promise<StaticFiles> {
  const files = new Map<string, StaticFile>()
  for (const path of await listFiles(folder)) {
    const contentType = pageTypes[extname(path)]
    if (contentType === undefined) continue
    const bytes = await readFile(path)
    const etag = `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 22)}"`
    const key = `/${relative(folder, path).split(sep).join('/')}`
    files.set(key, { bytes, contentType, etag, immutable: hashedName.test(path) })
  }
  const index = files.get('/index.html')
  if (index !== undefined) files.set('/', index)
  return files
}

async function listFiles(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true })
    return entries.filter(entry => entry.isFile()).map(entry => join(entry.parentPath, entry.name))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
