import { loadConfig } from '../config/node-config.ts'
import { removeRuntime, writeRuntime } from '../config/runtime-file.ts'
import { Lifecycle } from '../lifecycle.ts'
import type { LogBuffer, Logger } from '../log.ts'
import { createNode } from '../node.ts'
import type { EngineEntries } from '../services/engine-launcher.ts'
import type { DesktopNode } from './desktop.ts'
import type { ElectronApi } from './electron-api.ts'
import { chooseSeal } from './safe-storage-seal.ts'
import { createUtilityLauncher } from './utility-launcher.ts'

export interface DesktopNodeComponents {
  electron: Pick<ElectronApi, 'safeStorage' | 'utilityProcess'>
  log: Logger
  logBuffer: LogBuffer
}

export interface DesktopNodeInit {
  env: NodeJS.ProcessEnv
  version: string
  platform: NodeJS.Platform
  entries: EngineEntries
}

/**
 * The node of the desktop app: engines in utility processes, its key sealed by the system's key store. While it runs the
 * command line finds it through the data folder. Rejects as `loadConfig`, `chooseSeal` and `createNode` do.
 */
export async function createDesktopNode(
  { electron, log, logBuffer }: DesktopNodeComponents,
  { env, version, platform, entries }: DesktopNodeInit,
): Promise<DesktopNode> {
  const config = await loadConfig({ env })
  const { dataFolder } = config
  const node = await createNode({
    config,
    workerType: 'desktop',
    version,
    launchEngine: createUtilityLauncher(
      { utilityProcess: electron.utilityProcess, log: log.child({ component: 'engines' }) },
      { entries, environment: env },
    ),
    seal: await chooseSeal({ safeStorage: electron.safeStorage, log }, { dataFolder, platform }),
    log,
    logBuffer,
  })
  const lifecycle = new Lifecycle()
  lifecycle.add('node', node)
  lifecycle.add('runtime file', {
    start: () => {
      const { peerId, addresses } = node.status.get().self
      const serviceUrl = `http://127.0.0.1:${node.servicePort}`
      return writeRuntime(dataFolder, { pid: process.pid, peerId, addresses, serviceUrl })
    },
    stop: () => removeRuntime(dataFolder),
  })
  return { api: node, lifecycle }
}
