import { spawnSync } from 'node:child_process'
import { findChromium } from '../e2e/support/chromium.ts'

/** Ways to get a browser, in order: Playwright's own download, then Debian's package where this user may install it. */
const installs: { name: string; command: string[]; applies: () => boolean }[] = [
  { name: 'Playwright’s Chromium', command: ['playwright', 'install', 'chromium'], applies: () => true },
  {
    name: 'Debian’s Chromium without windows',
    command: [
      'sh',
      '-c',
      'apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium-headless-shell',
    ],
    applies: () => process.platform === 'linux' && process.getuid?.() === 0,
  },
]

/** Finds a browser for the end-to-end tests, or installs one. Throws when there is none to be had. */
export function findOrInstallBrowser(): string {
  const found = findChromium()
  if (found !== undefined) return found
  for (const { name, command, applies } of installs) {
    if (!applies()) continue
    console.log(`No Chromium found; installing ${name}`)
    const [program = '', ...args] = command
    spawnSync(program, args, { stdio: 'inherit' })
    const installed = findChromium()
    if (installed !== undefined) return installed
  }
  throw new Error('the end-to-end tests need a Chromium: install one, or set CHROMIUM_PATH to its program')
}
