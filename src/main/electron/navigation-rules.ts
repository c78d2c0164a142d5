import type { PageName } from '../../shared/pages.ts'
import { appOrigin, pageOf } from './app-url.ts'

/** Hosts whose pages the app links to: its own documentation and releases. */
const linkedHosts: ReadonlySet<string> = new Set(['rmadonor.org', 'www.rmadonor.org', 'github.com'])

/** Whether a frame may load this address: only the app's own document, and only in the main frame. */
export function mayNavigate(navigation: { url: string; isMainFrame: boolean }): boolean {
  return navigation.isMainFrame && pageOf(navigation.url) !== undefined
}

/** What happens to a link or script that wants a new window. The browser never opens one by itself. */
export type WindowRequest = { kind: 'page'; page: PageName } | { kind: 'external'; url: string } | { kind: 'refused' }

export function decideWindowRequest(url: string): WindowRequest {
  const page = pageOf(url)
  if (page !== undefined) return { kind: 'page', page }
  return mayOpenExternally(url) ? { kind: 'external', url } : { kind: 'refused' }
}

/** Whether the system's browser may be asked to open this: https to a host the app itself links to. */
export function mayOpenExternally(url: string): boolean {
  if (!URL.canParse(url)) return false
  const { protocol, hostname, port, username, password } = new URL(url)
  return protocol === 'https:' && port === '' && username === '' && password === '' && linkedHosts.has(hostname)
}

/** The pages copy text and nothing else; reading the clipboard, devices and notifications stay out of reach. */
export function mayUsePermission(permission: string, requester: string): boolean {
  return permission === 'clipboard-sanitized-write' && isAppOrigin(requester)
}

/** The pages export what they already hold; nothing is fetched from elsewhere to disk. */
export function mayDownload(url: string): boolean {
  return url.startsWith(`blob:${appOrigin}/`)
}

function isAppOrigin(url: string): boolean {
  return url === appOrigin || url.startsWith(`${appOrigin}/`)
}
