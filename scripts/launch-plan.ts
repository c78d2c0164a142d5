/** What `npm start` was asked for, and what it found. */
export interface LaunchFacts {
  asked: { headless: boolean; demo: boolean }
  platform: NodeJS.Platform
  env: { DISPLAY?: string | undefined; WAYLAND_DISPLAY?: string | undefined }
  /** Whether the user is root, on systems that have one. */
  root: boolean
  /** `missing`: not downloaded yet; `unavailable`: the download failed. */
  electron: { kind: 'found'; binary: string } | { kind: 'missing' } | { kind: 'unavailable' }
}

export type LaunchPlan =
  | { kind: 'desktop'; binary: string }
  | { kind: 'download-electron' }
  | { kind: 'headless'; because?: string }
  | { kind: 'demo' }

/** Decides what to start: the app where it can be shown, else a headless node, with the reason in one line. */
export function planLaunch({ asked, platform, env, root, electron }: LaunchFacts): LaunchPlan {
  if (asked.demo) return { kind: 'demo' }
  if (asked.headless) return { kind: 'headless' }
  const hasDisplay = platform === 'darwin' || platform === 'win32' || Boolean(env.DISPLAY || env.WAYLAND_DISPLAY)
  if (!hasDisplay) return { kind: 'headless', because: 'there is no display (DISPLAY and WAYLAND_DISPLAY are not set)' }
  if (root && platform === 'linux') return { kind: 'headless', because: 'Electron does not run as root' }
  switch (electron.kind) {
    case 'found':
      return { kind: 'desktop', binary: electron.binary }
    case 'missing':
      return { kind: 'download-electron' }
    case 'unavailable':
      return { kind: 'headless', because: 'Electron’s program could not be downloaded' }
  }
}
