import { homedir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../clock.ts'
import { dataFolderPath } from '../config/data-folder.ts'
import { askFirewall } from '../firewall/windows-firewall.ts'
import { consoleLog } from '../headless/console-log.ts'
import { createLog, LogBuffer } from '../log.ts'
import { RotatingLogFile } from '../rotating-log-file.ts'
import { engineEntries } from '../services/engine-launcher.ts'
import { version } from '../version.ts'
import { guardAgainstCrashes } from './crash-guard.ts'
import { Desktop, quitSwitch } from './desktop.ts'
import { createDesktopNode } from './desktop-node.ts'
import type { ElectronApi } from './electron-api.ts'
import { endRunningApp } from './end-running-app.ts'
import { argumentsAnew, startAnew } from './start-anew.ts'
import { findUpdates } from './update-source.ts'

/** Starts the app, or hands over to the one that runs already. `entryUrl` is the address of the main bundle. */
export function startDesktop(electron: ElectronApi, { entryUrl }: { entryUrl: string }): void {
  const { app } = electron
  const here = (path: string) => fileURLToPath(new URL(path, entryUrl))
  const dataFolder = dataFolderPath(process.env.RMA_DONOR_HOME)
  const logFolder = join(dataFolder, 'logs')
  const rendererFolder = here('../renderer')
  const logBuffer = new LogBuffer()
  const log = createLog({
    level: 'info',
    buffer: logBuffer,
    destinations: [
      consoleLog(process.stderr, process.env),
      new RotatingLogFile({ folder: logFolder, name: 'rma-donor' }),
    ],
  })
  if (process.argv.includes(quitSwitch)) {
    void endRunningApp({ app, clock: systemClock }, { dataFolder }).then(() => app.exit())
    return
  }
  // An AppImage runs from a place that is gone when it ends.
  const appImage = process.env.APPIMAGE
  const start = (args: readonly string[]) => startAnew(app, args, { appImage, pid: process.pid })
  guardAgainstCrashes(
    { process, log },
    {
      restart: () => {
        start(argumentsAnew(process.argv))
        app.exit(1)
      },
    },
  )
  const desktop = new Desktop(
    {
      electron,
      clock: systemClock,
      log,
      askFirewall:
        process.platform === 'win32' && app.isPackaged ? () => askFirewall(process.execPath, process.env) : undefined,
      startAnew: start,
      updates: findUpdates({ isPackaged: app.isPackaged, resources: process.resourcesPath }),
      createNode: (shell, { safeMode }) =>
        createDesktopNode(
          { electron, clock: systemClock, log, logBuffer },
          {
            env: process.env,
            version,
            platform: process.platform,
            entries: engineEntries(entryUrl),
            pagesFolder: rendererFolder,
            shell,
            safeMode,
          },
        ),
    },
    {
      platform: process.platform,
      version,
      argv: process.argv,
      dataFolder,
      logFolder,
      // A Debian package is replaced by its package manager, which asks for a password.
      quietUpdates: process.platform !== 'linux' || appImage !== undefined,
      executable: appImage ?? process.execPath,
      configFolder: process.env.XDG_CONFIG_HOME ?? join(homedir(), '.config'),
      folders: { renderer: rendererFolder, assets: here('../../assets') },
      preload: here('../preload/index.cjs'),
    },
  )
  if (desktop.prepare()) {
    // Not awaited here: Electron is ready only after the main module has been evaluated.
    void app.whenReady().then(() => desktop.start())
  } else {
    app.exit()
  }
}
