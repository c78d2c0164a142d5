import { extname, join } from 'node:path'
import { type PageName, pages } from '../../shared/pages.ts'
import { pageTypes } from '../page-types.ts'

export const appScheme = 'app'
/** Origin of every page of this app, and the only one that may talk to the shell. */
export const appOrigin = `${appScheme}://rma-donor`

/** Address of a page; in a window of its own it comes without navigation. */
export function pageUrl(page: PageName, { ownWindow = false } = {}): string {
  return `${appOrigin}/index.html#/${page}${ownWindow ? '?window=1' : ''}`
}

/** The page of an address of this app; undefined for any other address. */
export function pageOf(url: string): PageName | undefined {
  if (!URL.canParse(url)) return undefined
  const { protocol, host, pathname, hash } = new URL(url)
  if (`${protocol}//${host}` !== appOrigin || (pathname !== '/index.html' && pathname !== '/')) return undefined
  const page = hash.replace(/^#\/?/, '').split(/[/?]/, 1)[0]
  return pages.find(each => each === page) ?? 'status'
}

export interface AppFile {
  path: string
  mimeType: string
}

/**
 * The file of `folder` that an address of this app names; undefined for every other address. Names are taken from an
 * allow list of characters and types, so no encoding of `..`, a drive or a stream leads out of the folder.
 */
export function resolveAppFile(url: string, folder: string): AppFile | undefined {
  const match = /^app:\/\/rma-donor\/([^?#]*)/.exec(url)
  if (match === null) return undefined
  const segments = (match[1] || 'index.html').split('/')
  if (!segments.every(segment => /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/.test(segment))) return undefined
  const path = join(folder, ...segments)
  const mimeType = pageTypes[extname(path)]
  return mimeType === undefined ? undefined : { path, mimeType }
}
