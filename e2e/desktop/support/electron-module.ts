import { dirname, resolve } from 'node:path'
import { z } from 'zod'
import { StandInElectron } from '../../../src/main/electron/stand-in/electron.ts'
import type { DesktopReport } from './desktop-process.ts'

/*
 * What the built main bundle gets for `electron` under plain Node: a stand-in that becomes ready once it is waited for,
 * ends its process as Electron does, and is looked at and clicked from the process that started it.
 */

const electron = new StandInElectron({ argv: process.argv.slice(2), isPackaged: true })

// Electron tells every program where its resources are.
Object.defineProperty(process, 'resourcesPath', { value: resolve(dirname(process.argv[1] ?? ''), '../..') })

const standInApp = electron.app
const whenReady = standInApp.whenReady.bind(standInApp)
standInApp.whenReady = () => {
  setImmediate(() => standInApp.becomeReady())
  return whenReady()
}
void standInApp.exited.then(code => process.exit(code))

const orderSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('click'), label: z.string() }),
  z.object({ kind: z.literal('look') }),
  /** The machine sleeps or wakes; nobody has touched it for so long then. */
  z.object({ kind: z.literal('power'), event: z.enum(['suspend', 'resume']), idleSeconds: z.number() }),
])

process.on('message', message => {
  const order = orderSchema.parse(message)
  switch (order.kind) {
    case 'click':
      electron.tray.menu.click(order.label)
      return
    case 'look':
      process.send?.(look())
      return
    case 'power':
      electron.powerMonitor.idleSeconds = order.idleSeconds
      electron.powerMonitor.emit(order.event)
  }
})
process.on('disconnect', () => process.exit(1))

function look(): DesktopReport {
  return {
    menu: electron.trays.length === 0 ? [] : electron.tray.menu.labels,
    visible: electron.windows.filter(window => window.isVisible()).map(window => window.webContents.url),
    preloads: electron.windows.map(window => window.options.webPreferences?.preload ?? ''),
    errors: electron.errorBoxes.map(({ content }) => content),
  }
}

export const {
  app,
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  Menu,
  MessageChannelMain,
  nativeTheme,
  powerMonitor,
  Notification,
  protocol,
  safeStorage,
  screen,
  session,
  shell,
  Tray,
  utilityProcess,
} = electron
