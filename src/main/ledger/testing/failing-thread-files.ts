/** Where this file lies, the next command ends a thread of `failing-thread.ts`. */
export const failsOnce = (path: string) => `${path}.fails-once`

/** Where this file lies, each command does. */
export const failsAlways = (path: string) => `${path}.fails-always`
