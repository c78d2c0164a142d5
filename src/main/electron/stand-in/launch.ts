import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { TurnedClock } from '../../clock.ts'
import type { FirewallState } from '../../firewall/windows-firewall.ts'
import type { ShellApi } from '../../rpc/shell-api.ts'
import { Desktop, type DesktopNode } from '../desktop.ts'
import { startAnew } from '../start-anew.ts'
import type { UpdateSource } from '../updater.ts'
import { StandInElectron, type StandInInit } from './electron.ts'
import { SmallNode } from './small-node.ts'

export interface LaunchOptions extends StandInInit {
  node?: SmallNode
  /** Instead of handing over `node` at once. */
  createNode?: (shell: ShellApi, init: { safeMode: boolean }) => Promise<DesktopNode>
  platform?: NodeJS.Platform
  /** Default: no place for them. */
  updates?: UpdateSource
  askFirewall?: () => Promise<FirewallState>
  /** Default: true. */
  quietUpdates?: boolean
  /** Default: one within the folder of the test. */
  dataFolder?: string
}

export const preloadPath = '/out/preload/index.cjs'

/** Puts one page where the shell looks for its pages. */
export async function writePages(folder: string): Promise<void> {
  await mkdir(join(folder, 'renderer'))
  await writeFile(join(folder, 'renderer', 'index.html'), '<!doctype html><title>page</title>')
}

/** The shell on stand-ins, up to where Electron would report ready. Its files are in `folder`. */
export function prepareDesktop(
  folder: string,
  {
    node = new SmallNode(),
    createNode,
    platform = 'linux',
    updates = { kind: 'off', why: 'no-server' },
    askFirewall,
    quietUpdates = true,
    dataFolder = join(folder, 'data'),
    ...init
  }: LaunchOptions = {},
) {
  const electron = new StandInElectron(init)
  const clock = new TurnedClock()
  const handOver = async (shell: ShellApi) => {
    node.shell = shell
    return node
  }
  const desktop = new Desktop(
    {
      electron,
      clock,
      log: pino({ enabled: false }),
      createNode: createNode ?? handOver,
      startAnew: args => startAnew(electron.app, args, { appImage: undefined, pid: process.pid }),
      updates,
      askFirewall,
    },
    {
      platform,
      version: '0.1.0+5897f2c8a1b2',
      argv: init.argv ?? [],
      dataFolder,
      executable: '/opt/RMA Donor/rma-donor-desktop',
      configFolder: join(folder, 'config'),
      logFolder: join(dataFolder, 'logs'),
      quietUpdates,
      folders: { renderer: join(folder, 'renderer'), assets: '/assets' },
      preload: preloadPath,
    },
  )
  return { electron, clock, desktop, node, isFirst: desktop.prepare() }
}
