import { join } from 'node:path'
import type { TrayKind } from './tray-state.ts'

export interface IconTheme {
  platform: NodeJS.Platform
  /** Whether the system's own bar, not the app's windows, is dark. */
  darkBar: boolean
}

/**
 * Path of a tray icon. macOS tints the black template by itself (it knows one by its name); elsewhere the icon is drawn
 * for a dark or a light bar, larger for the panels of Linux. Electron finds the files for other scales beside each.
 */
export function trayIconPath(folder: string, kind: TrayKind, { platform, darkBar }: IconTheme): string {
  if (platform === 'darwin') return join(folder, `${kind}Template.png`)
  const panel = platform === 'linux' ? '-panel' : ''
  return join(folder, `${kind}${panel}-on-${darkBar ? 'dark' : 'light'}.png`)
}
