import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmod, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { argumentsAnew, startAnew } from './start-anew.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>> | undefined
const running = new Map<number, ChildProcess>()

afterEach(async () => {
  await Promise.all([...running.keys()].map(end))
  await folder?.remove()
})

async function program(): Promise<number> {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => undefined, 1_000)'], { stdio: 'ignore' })
  await once(child, 'spawn')
  const pid = child.pid as number
  running.set(pid, child)
  return pid
}

async function end(pid: number): Promise<void> {
  const child = running.get(pid)
  running.delete(pid)
  child?.kill('SIGKILL')
  if (child !== undefined) await once(child, 'exit')
}

it('is Electron’s own affair where the app stays in its place', () => {
  const relaunch = vi.fn()
  startAnew({ relaunch }, ['--hidden'], { appImage: undefined, pid: process.pid })
  expect(relaunch).toHaveBeenCalledExactlyOnceWith({ args: ['--hidden'] })
})

it.skipIf(process.platform === 'win32')(
  'begins once an AppImage has ended, from the file it was started from',
  async () => {
    folder = await temporaryFolder()
    const appImage = join(folder.path, 'RMA Donor.AppImage')
    // Its first argument names a file that it writes the rest to.
    await writeFile(
      appImage,
      '#!/bin/sh\nfile="$1"\nshift\nprintf "%s\\n" "$@" >"$file.new" && mv "$file.new" "$file"\n',
    )
    await chmod(appImage, 0o755)
    const relaunch = vi.fn()
    const [first, second] = [await program(), await program()]
    const start = (pid: number, record: string) => startAnew({ relaunch }, [record, 'a b'], { appImage, pid })
    const [late, soon] = [join(folder.path, 'late'), join(folder.path, 'soon')]
    start(first, late)
    start(second, soon)
    await end(second)
    const text = (path: string) => readFile(path, 'utf8')
    await vi.waitFor(async () => expect(await text(soon)).toBe('a b\n'))
    await expect(text(late)).rejects.toMatchObject({ code: 'ENOENT' })
    await end(first)
    await vi.waitFor(async () => expect(await text(late)).toBe('a b\n'))
    expect(relaunch).not.toHaveBeenCalled()
  },
)

it('follows no link that the app was started with again', () => {
  expect(argumentsAnew(['/opt/rma-donor', 'rma-donor://join/rma1abc', '--hidden'])).toEqual(['--hidden'])
})
