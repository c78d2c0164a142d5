import { join } from 'node:path'
import { toRmaError } from '../../shared/errors.ts'
import { formatError } from '../cli/error-report.ts'
import { exitCodes } from '../cli/exit-code.ts'
import { interruptSignal } from '../cli/interrupt.ts'
import { isBrokenPipe, run } from '../cli/run.ts'
import { dataFolderPath, makeFolderAtOnce } from '../config/data-folder.ts'
import { engineEntries } from '../services/engine-launcher.ts'
import { version } from '../version.ts'
import type { ElectronApi } from './electron-api.ts'
import { createUtilityLauncher } from './utility-launcher.ts'

/**
 * Runs the `rma-donor` command in the app's own program, without a window, a tray or an icon in the dock, and ends with its
 * exit code. Engines of a node that it runs are utility processes, as in the app.
 */
export async function runCommand(
  { app, utilityProcess }: Pick<ElectronApi, 'app' | 'utilityProcess'>,
  { args, entryUrl }: { args: readonly string[]; entryUrl: string },
): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', error => {
      if (!isBrokenPipe(error)) throw error
    })
  }
  const { env } = process
  const folder = join(dataFolderPath(env.RMA_DONOR_HOME), 'electron-command')
  try {
    makeFolderAtOnce(folder)
  } catch (error) {
    process.stderr.write(`${formatError(toRmaError(error))}\n`, () => app.exit(exitCodes.failed))
    return
  }
  // Beside that of the app, which may run at the same time.
  app.setPath('userData', folder)
  app.disableHardwareAcceleration()
  app.dock?.hide()
  const quit = new AbortController()
  app.on('before-quit', event => {
    // Electron takes signals for itself: the command stops in its own way.
    event.preventDefault()
    quit.abort()
  })
  app.on('window-all-closed', () => quit.abort())
  const code = await run(args, {
    env,
    version,
    entryUrl,
    input: process.stdin,
    output: process.stdout,
    errorOutput: process.stderr,
    signal: AbortSignal.any([interruptSignal(), quit.signal]),
    now: Date.now,
    async launchEngines(log) {
      await app.whenReady()
      return createUtilityLauncher({ utilityProcess, log }, { entries: engineEntries(entryUrl), environment: env })
    },
  })
  // Electron's own exit takes no notice of `process.exitCode`.
  process.stdout.write('', () => app.exit(code))
}
