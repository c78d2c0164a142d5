import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { LogLevel } from '../../shared/schema/log.ts'
import { systemClock } from '../clock.ts'
import { type Flags, loadConfig } from '../config/node-config.ts'
import { createLog, LogBuffer, type Logger } from '../log.ts'
import { createNode } from '../node.ts'
import { type EngineLauncher, engineEntries } from '../services/engine-launcher.ts'
import { createForkLauncher } from '../services/fork-launcher.ts'
import { consoleLog } from './console-log.ts'
import { dashboardLine } from './dashboard-line.ts'
import { ReachableNode } from './reachable-node.ts'

export interface HeadlessInit {
  env: NodeJS.ProcessEnv
  workerType: 'headless' | 'coordinator'
  flags: Flags
  /** Start donating at once; whoever asks for this has agreed that other people's documents pass through here. */
  donate: boolean
  logLevel: LogLevel
  version: string
  /** `import.meta.url` of the program's main module: engines and pages are found from there. */
  entryUrl: string
  /** For the lines with the addresses of the dashboard and of a coordinator's API. */
  output: NodeJS.WritableStream
  /** For the log. */
  errorOutput: NodeJS.WritableStream & { isTTY?: boolean }
  /** Stops the node. */
  signal: AbortSignal
  /** Default: they are forked. */
  launchEngines?: (log: Logger) => Promise<EngineLauncher>
}

/**
 * Runs a node without a window until `signal` aborts. Rejects when it cannot start: BAD_ENVIRONMENT, BAD_REQUEST (a flag),
 * DATA_FOLDER_UNUSABLE, DATA_FOLDER_IN_USE, PORT_IN_USE and what else `createNode` says; what had started is stopped by then.
 */
export async function runHeadless(init: HeadlessInit): Promise<void> {
  // What the owner has chosen since is kept: nobody is to donate in a network for having agreed in another.
  for (let { donate } = init; !init.signal.aborted; donate = false) await runUntilRestart({ ...init, donate })
}

/** Until the node is to be stopped, or has joined another network. */
async function runUntilRestart(init: HeadlessInit): Promise<void> {
  const restart = new AbortController()
  const config = await loadConfig({ env: init.env, flags: init.flags })
  const logBuffer = new LogBuffer()
  const log = createLog({
    level: init.logLevel,
    buffer: logBuffer,
    destinations: [consoleLog(init.errorOutput, init.env)],
  })
  const { launchEngines = async (log: Logger) => createForkLauncher({ entries: engineEntries(init.entryUrl), log }) } =
    init
  const node = await createNode({
    config,
    workerType: init.workerType,
    version: init.version,
    bundleUrl: init.entryUrl,
    launchEngine: await launchEngines(log.child({ component: 'engines' })),
    log,
    logBuffer,
    restart: () => restart.abort(),
  })
  const reachable = new ReachableNode(
    { node, clock: systemClock, log },
    { port: config.ports.dashboard, pagesFolder: pagesFolder(init.entryUrl) },
  )

  await reachable.start()
  log.info({ version: init.version, kind: init.workerType }, 'started')
  try {
    if (init.donate) await node.setDonating(true, true)
    const { accessUrl } = reachable
    init.output.write(`${dashboardLine({ accessUrl, output: init.output, env: init.env })}\n`)
    if (node.apiUrl !== undefined) init.output.write(`API: ${node.apiUrl}\n`)
    const ended = AbortSignal.any([init.signal, restart.signal])
    if (!ended.aborted) await once(ended, 'abort')
  } finally {
    await reachable.stop()
  }
}

/** The built pages lie beside the bundle; from the sources, in the build's folder. */
function pagesFolder(entryUrl: string): string {
  return fileURLToPath(new URL(entryUrl.endsWith('.ts') ? '../../../out/renderer/' : '../renderer/', entryUrl))
}
