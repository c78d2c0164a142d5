/** The line to the node as an engine process sees it, whichever way it was started. */
export interface EnginePort {
  post(value: unknown): void
  onMessage(listener: (value: unknown) => void): void
  /** Called when the node is gone. */
  onClose(listener: () => void): void
}

/** The part of Electron's `process.parentPort` that is used here. */
interface ParentPort {
  postMessage(value: unknown): void
  on(event: 'message', listener: (event: { data: unknown }) => void): void
}

function parentPortOf(holder: object): ParentPort | undefined {
  return 'parentPort' in holder && holder.parentPort ? (holder.parentPort as ParentPort) : undefined
}

/** Finds the line to the node: Electron's parent port in a utility process, else the channel of a forked one. */
export function openEnginePort(): EnginePort {
  const parentPort = parentPortOf(process)
  if (parentPort) {
    return {
      post: value => parentPort.postMessage(value),
      onMessage: listener => parentPort.on('message', event => listener(event.data)),
      onClose: () => undefined, // Electron ends utility processes with the app.
    }
  }
  return {
    post: value => process.send?.(value),
    onMessage: listener => process.on('message', listener),
    onClose: listener => process.on('disconnect', listener),
  }
}
