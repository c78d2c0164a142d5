import { execFile } from 'node:child_process'
import { KiB, type Milliseconds, second } from '../../../shared/units.ts'

const timeoutMs: Milliseconds = 3 * second

/** Standard output of a small program of the system, or undefined where there is no such program. Rejects when it fails. */
export function runTool(command: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const options = {
      signal,
      timeout: timeoutMs,
      maxBuffer: 256 * KiB,
      windowsHide: true,
      env: toolEnvironment(),
      // Windows looks for a program in the working folder first.
      cwd: process.env.SystemRoot ?? '/',
    }
    execFile(command, args, options, (error, stdout) => {
      if (error === null) resolve(stdout)
      else if (error.code === 'ENOENT') resolve(undefined)
      else reject(error)
    })
  })
}

/** Programs are to speak plain English, whatever the owner's language. */
function toolEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, LC_ALL: 'C' }
}
