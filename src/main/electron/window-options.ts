import type { BrowserWindowConstructorOptions, Rectangle } from 'electron'

export type WindowKind = 'dashboard' | 'topology'

const sizes = {
  dashboard: { width: 1_120, height: 780, minWidth: 420, minHeight: 520 },
  topology: { width: 1_000, height: 760, minWidth: 420, minHeight: 420 },
} as const satisfies Record<WindowKind, Rectangle | object>

export const windowTitles = { dashboard: 'RMA Donor', topology: 'Topology – RMA Donor' } as const

export interface WindowPlace {
  bounds?: Rectangle | undefined
  dark: boolean
  /** Path of the preload script. */
  preload: string
  /** Path of the icon that Linux and Windows show. */
  icon: string
}

/** Options of a window. Shown once drawn, so nothing flashes; the page is sandboxed and isolated. */
export function windowOptions(kind: WindowKind, place: WindowPlace): BrowserWindowConstructorOptions {
  return {
    ...sizes[kind],
    ...place.bounds,
    title: windowTitles[kind],
    show: false,
    // The page's own background, see the renderer's tokens.
    backgroundColor: place.dark ? '#141210' : '#f8f6f2',
    icon: place.icon,
    webPreferences: {
      preload: place.preload,
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      nodeIntegrationInWorker: false,
      nodeIntegrationInSubFrames: false,
      webSecurity: true,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
      webviewTag: false,
      navigateOnDragDrop: false,
      disableDialogs: true,
      spellcheck: false,
    },
  }
}
