/** How an engine's process ended. On POSIX a killed process has a signal and no code. */
export interface EngineExit {
  code: number | null
  signal: string | null
}

/**
 * A running engine process, whatever started it. Listeners may be added until the process has exited; `onExit` is
 * called exactly once, also when the process could not be started at all.
 */
export interface EngineProcess {
  /** Missing until the operating system has started the process, and when it failed to. */
  readonly pid: number | undefined
  /** Sends a structured-cloneable value; nothing happens once the process has gone. */
  postMessage(value: unknown): void
  onMessage(listener: (value: unknown) => void): void
  onExit(listener: (exit: EngineExit) => void): void
  /** Lines the process writes to standard error. */
  onErrorLine(listener: (line: string) => void): void
  /** Ends the process at once; calling it again does nothing. */
  kill(): void
}

/**
 * Starts the process of an engine by the name of its entry, such as `ocr-engine`. Headless nodes fork; Electron has its
 * `utilityProcess`. The process must run at low priority, hear `postMessage` through `process.parentPort` or
 * `process.on('message')`, and keep no file or log of its own.
 */
export type EngineLauncher = (entry: string) => EngineProcess

/** Where the modules of engine processes lie, and how their files end. */
export interface EngineEntries {
  folder: URL
  extension: '.ts' | '.js'
}

/**
 * Engine entries lie beside this module in the sources and beside the main bundle in a build.
 *
 * @param bundleUrl `import.meta.url` of the program's main module
 * @param ownUrl `import.meta.url` of this module
 */
export function engineEntries(bundleUrl: string, ownUrl: string = import.meta.url): EngineEntries {
  return ownUrl.endsWith('.ts')
    ? { folder: new URL('.', ownUrl), extension: '.ts' }
    : { folder: new URL('.', bundleUrl), extension: '.js' }
}

/** Address of the module an engine process runs. */
export function engineEntryUrl({ folder, extension }: EngineEntries, entry: string): URL {
  return new URL(`${entry}${extension}`, folder)
}
