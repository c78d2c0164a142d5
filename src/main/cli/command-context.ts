import type { Readable, Writable } from 'node:stream'
import type { Milliseconds } from '../../shared/units.ts'
import type { Logger } from '../log.ts'
import type { EngineLauncher } from '../services/engine-launcher.ts'
import { forTerminal, jsonForTerminal } from './for-terminal.ts'

/** What a command may touch of its process. */
export interface CommandContext {
  env: NodeJS.ProcessEnv
  version: string
  /** `import.meta.url` of the program's main module. */
  entryUrl: string
  input: Readable
  output: Writable & { isTTY?: boolean }
  errorOutput: Writable & { isTTY?: boolean }
  signal: AbortSignal
  now: () => Milliseconds
  /** Starts engines in another way than by forking Node, where that is not possible. */
  launchEngines?: (log: Logger) => Promise<EngineLauncher>
}

export interface CommonOptions {
  dataFolder?: string
  json?: boolean
}

export const dataFolderOption = [
  '--data-folder <folder>',
  'folder of the node (default: RMA_DONOR_HOME, else the system’s)',
] as const
export const jsonOption = ['--json', 'print JSON'] as const

/** Prints what a command has to say, as JSON where that was asked for. Much of it is what others say of themselves. */
export function print(context: CommandContext, options: CommonOptions, data: unknown, text: () => string): void {
  const said = options.json === true ? jsonForTerminal(JSON.stringify(data, null, 2)) : forTerminal(text())
  context.output.write(`${said}\n`)
}
