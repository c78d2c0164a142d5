import { readFileSync } from 'node:fs'

/** Text of a file that the system makes up; undefined where there is none, or its process ended a moment ago. */
export function readUnlessGone(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

export function isGone(error: unknown): boolean {
  const { code = '' } = error as NodeJS.ErrnoException
  return code === 'ENOENT' || code === 'ESRCH'
}
