import { spawn } from 'node:child_process'
import { parseDeepLink } from './deep-link.ts'
import type { ElectronApp } from './electron-api.ts'

export interface StartAnewInit {
  /** The file that the app was started from, where it is an AppImage. */
  appImage: string | undefined
  pid: number
}

/** Starts the program that is named once the process with the first argument has ended. */
const onceEnded = 'while kill -0 "$1" 2>/dev/null; do sleep 0.2; done; shift; exec "$@"'

/**
 * Has the app started anew with `args` once it has ended. What Electron leaves behind to do so runs from the app's own files,
 * and an AppImage takes those away when it ends (electron-builder #1727): there a program of the system waits for the end instead.
 */
export function startAnew(
  app: Pick<ElectronApp, 'relaunch'>,
  args: readonly string[],
  { appImage, pid }: StartAnewInit,
): void {
  if (appImage === undefined) {
    app.relaunch({ args: [...args] })
    return
  }
  spawn('/bin/sh', ['-c', onceEnded, 'sh', String(pid), appImage, ...args], { detached: true, stdio: 'ignore' })
    .on('error', () => undefined)
    .unref()
}

/** The arguments of a new start in the place of the one with `argv`: a link is followed once. Pure. */
export function argumentsAnew(argv: readonly string[]): string[] {
  return argv.slice(1).filter(argument => parseDeepLink(argument) === undefined)
}
