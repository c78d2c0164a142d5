import { posix, win32 } from 'node:path'

/**
 * The folders of `path`, as PATH has it, in which a program may be looked for. A relative one would mean another program in each
 * working folder, and on Windows one without a drive is one that any user of the machine may make. Pure.
 */
export function programFolders(path: string, platform: NodeJS.Platform): string[] {
  const { delimiter, isAbsolute } = platform === 'win32' ? win32 : posix
  const hasDrive = (folder: string) => platform !== 'win32' || /^(?:[a-z]:|\\\\)/i.test(folder)
  return path.split(delimiter).filter(folder => isAbsolute(folder) && hasDrive(folder))
}
