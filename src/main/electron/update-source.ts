import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { UpdateSource } from './updater.ts'

/** What electron-builder puts beside a program whose updates have a place to come from. */
const recipe = 'app-update.yml'

/** Where this program's updates come from. A build without a server for them says so instead of failing each time. */
export function findUpdates({ isPackaged, resources }: { isPackaged: boolean; resources: string }): UpdateSource {
  if (!isPackaged) return { kind: 'off', why: 'not-installed' }
  if (!existsSync(join(resources, recipe))) return { kind: 'off', why: 'no-server' }
  return {
    kind: 'feed',
    async load() {
      const { default: updater } = await import('electron-updater')
      return updater.autoUpdater
    },
  }
}
