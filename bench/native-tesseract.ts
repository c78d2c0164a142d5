import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { constants, setPriority } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

/** Version of the machine's own tesseract program; undefined where there is none. */
export async function nativeVersion(): Promise<string | undefined> {
  try {
    const { stdout } = await promisify(execFile)('tesseract', ['--version'])
    return stdout.split('\n', 1)[0]?.replace('tesseract ', '')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}

/** Unpacks the language data that our engine uses into `folder`, for the native program to use too. */
export async function unpackLanguage(folder: string): Promise<void> {
  const data = import.meta.resolve('@tesseract.js-data/eng/package.json')
  const packed = await readFile(new URL('4.0.0_best_int/eng.traineddata.gz', data))
  await writeFile(join(folder, 'eng.traineddata'), await promisify(gunzip)(packed))
}

/** Reads an image with the native program: one thread and low priority, like our engine. */
export async function readNatively(png: Buffer, languageFolder: string): Promise<string> {
  const child = spawn('tesseract', ['stdin', 'stdout', '--tessdata-dir', languageFolder, '--oem', '1'], {
    env: { ...process.env, OMP_THREAD_LIMIT: '1' },
    stdio: ['pipe', 'pipe', 'ignore'],
  })
  const exit = once(child, 'exit')
  if (child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_LOW)
  child.stdin.end(png)
  const read = await text(child.stdout)
  const [code] = (await exit) as [number | null]
  if (code !== 0) throw new Error(`expected tesseract to exit with 0, got ${code}`)
  return read
}
