import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'

/** The program that opens an address in the user's browser, and its arguments; undefined where there is none to see. */
export function browserOpener(
  platform: NodeJS.Platform,
  env: NodeJS.ProcessEnv,
  exists: (path: string) => boolean = existsSync,
): string[] | undefined {
  if (platform === 'darwin') return ['open']
  if (platform === 'win32') return ['rundll32', 'url.dll,FileProtocolHandler']
  if (!env.DISPLAY && !env.WAYLAND_DISPLAY) return undefined
  const folders = (env.PATH ?? '').split(delimiter)
  const opener = folders.map(folder => join(folder, 'xdg-open')).find(exists)
  return opener === undefined ? undefined : [opener]
}

/** Opens an address and does not wait; `onFailure` hears why it could not. */
export function openBrowser(
  [file = '', ...args]: readonly string[],
  url: string,
  onFailure: (error: Error) => void,
): void {
  const child = spawn(file, [...args, url], { stdio: 'ignore', detached: true })
  child.once('error', onFailure)
  child.unref()
}
