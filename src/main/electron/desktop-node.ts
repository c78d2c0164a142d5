import type { Clock } from '../clock.ts'
import { loadConfig } from '../config/node-config.ts'
import { ReachableNode } from '../headless/reachable-node.ts'
import type { LogBuffer, Logger } from '../log.ts'
import { createNode } from '../node.ts'
import type { ShellApi } from '../rpc/shell-api.ts'
import type { EngineEntries } from '../services/engine-launcher.ts'
import type { DesktopNode } from './desktop.ts'
import type { ElectronApi } from './electron-api.ts'
import { powerSenses } from './power-senses.ts'
import { chooseSeal } from './safe-storage-seal.ts'
import { createUtilityLauncher } from './utility-launcher.ts'

export interface DesktopNodeComponents {
  electron: Pick<ElectronApi, 'app' | 'powerMonitor' | 'safeStorage' | 'utilityProcess'>
  clock: Clock
  log: Logger
  logBuffer: LogBuffer
}

export interface DesktopNodeInit {
  env: NodeJS.ProcessEnv
  version: string
  platform: NodeJS.Platform
  entries: EngineEntries
  /** The built renderer, for browsers on this machine. */
  pagesFolder: string
  shell: ShellApi
  /** Default settings that are not kept, whatever the owner has chosen. */
  safeMode: boolean
}

/**
 * The node of the desktop app: engines in utility processes, its key sealed by the system's key store. While it runs the
 * command line and a browser on this machine reach it as they reach a headless one. Rejects as `loadConfig`,
 * `chooseSeal` and `createNode` do.
 */
export async function createDesktopNode(
  { electron, clock, log, logBuffer }: DesktopNodeComponents,
  { env, version, platform, entries, pagesFolder, shell, safeMode }: DesktopNodeInit,
): Promise<DesktopNode> {
  const config = await loadConfig({ env })
  const node = await createNode({
    config,
    workerType: 'desktop',
    version,
    bundleUrl: entries.folder.href,
    launchEngine: createUtilityLauncher(
      { utilityProcess: electron.utilityProcess, log: log.child({ component: 'engines' }) },
      { entries, environment: env },
    ),
    senses: powerSenses(electron, { platform, wayland: env.XDG_SESSION_TYPE === 'wayland' }),
    seal: await chooseSeal({ safeStorage: electron.safeStorage, log }, { dataFolder: config.dataFolder, platform }),
    shell,
    safeMode,
    log,
    logBuffer,
  })
  const lifecycle = new ReachableNode({ node, clock, log }, { port: config.ports.dashboard, pagesFolder })
  return { api: node, lifecycle, drain: signal => node.drain(signal) }
}
