import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { ElectronApi } from './electron-api.ts'
import { keepInstanceIn } from './instance-folder.ts'

const lookEveryMs: Milliseconds = second / 2
/** An installer does not wait longer than this for jobs. */
const limitMs: Milliseconds = 30 * second

/** Asks the app that runs on a data folder to end, and resolves once it has, or when it has had its time. */
export async function endRunningApp(
  { app, clock }: { app: Pick<ElectronApi['app'], 'requestSingleInstanceLock' | 'setPath'>; clock: Clock },
  { dataFolder }: { dataFolder: string },
): Promise<void> {
  keepInstanceIn(app, dataFolder)
  const end = clock.now() + limitMs
  // Each try tells the one that holds the lock with what this one was started: --quit.
  while (!app.requestSingleInstanceLock() && clock.now() < end) {
    await new Promise<void>(resolve => clock.after(lookEveryMs, resolve))
  }
}
