import { readFile } from 'node:fs/promises'

/** Content of a one-line file below /sys or /proc; undefined where there is none, or its driver has nothing to say. */
export async function readLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).trim()
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException
    if (['ENOENT', 'ENODEV', 'ENODATA', 'ENXIO', 'EAGAIN', 'EINVAL', 'ENOTDIR'].includes(code)) return undefined
    throw error
  }
}

export async function readNumber(path: string): Promise<number | undefined> {
  const line = await readLine(path)
  const value = line === undefined || line === '' ? Number.NaN : Number(line)
  return Number.isFinite(value) ? value : undefined
}
