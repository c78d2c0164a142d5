import { isMainThread } from 'node:worker_threads'

/*
 * Loaded into a child process of Node before its own module, this gives it the line to its parent that Electron's
 * utility processes have: `process.parentPort`, and an end when the app ends.
 */

if (isMainThread) {
  const parentPort = {
    postMessage: (message: unknown) => process.send?.(message),
    on: (event: string, listener: (event: { data: unknown }) => void) =>
      process.on(event, (data: unknown) => listener({ data })),
  }
  Object.defineProperty(process, 'parentPort', { value: parentPort })
  process.once('disconnect', () => process.exit())
}
