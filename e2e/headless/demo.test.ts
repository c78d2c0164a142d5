import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { minute } from '../../src/shared/units.ts'
import { isAlive } from '../support/is-alive.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const demo = fileURLToPath(new URL('../../scripts/demo/run-demo.ts', import.meta.url))

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let child: ChildProcess
let lines: string[]

/** Runs the demonstration as `npm start -- --demo` does once everything is built; its folders go into the test's. */
beforeEach(async () => {
  folder = await temporaryFolder()
  lines = []
  const source = `import { runDemo } from '${demo}'; process.exitCode = await runDemo()`
  child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, TMPDIR: folder.path },
  })
  if (child.stdout === null) throw new Error('expected a pipe')
  createInterface({ input: child.stdout }).on('line', line => lines.push(line))
})

afterEach(async () => {
  if (child.exitCode === null) {
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await folder.remove()
})

const answered = () => lines.filter(line => / → \w+ \((direct|local), \d+\.\d\d s\): Dear /.test(line))

/** The process ids of the demonstration's nodes, by place. */
async function members(): Promise<Map<string, number>> {
  const [demoFolder = ''] = await readdir(folder.path)
  const places = await readdir(join(folder.path, demoFolder))
  const pids = places.map(async place => {
    const { pid } = JSON.parse(await readFile(join(folder.path, demoFolder, place, 'runtime.json'), 'utf8'))
    return [place, Number(pid)] as const
  })
  return new Map(await Promise.all(pids))
}

it('six nodes read letters for each other, one that dies is reported, and Ctrl-C leaves nothing', async () => {
  await vi.waitFor(() => expect(answered().length).toBeGreaterThanOrEqual(2), {
    timeout: 2 * minute,
    interval: 100,
  })
  expect(lines.filter(line => /^ {2}\d of 6: \w+ +(donates|asks)/.test(line))).toHaveLength(6)
  const link = lines.find(line => line.startsWith('Dashboard: '))?.slice('Dashboard: '.length) ?? ''
  expect((await fetch(link, { redirect: 'manual' })).status).toBe(303)
  // What opens shows the letters on their way, and no first run.
  expect(new URL(link).hash).toBe('#/topology')
  const [demoFolder = ''] = await readdir(folder.path)
  const settings = JSON.parse(await readFile(join(folder.path, demoFolder, 'london', 'settings.json'), 'utf8'))
  expect(settings.welcomed).toBe(true)
  for (const line of answered()) expect(line).toMatch(/^(london|truro) → (leeds|cardiff|glasgow|belfast) \(direct/)

  const pids = await members()
  process.kill(pids.get('glasgow') ?? 0, 'SIGKILL')
  await vi.waitFor(() => expect(lines.join('\n')).toContain('The node at glasgow has died (SIGKILL)'))

  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(lines.slice(-2)).toEqual(['Stopping …', 'All nodes have stopped; their folders are removed.'])
  expect(pids.size).toBe(6)
  for (const pid of pids.values()) expect(isAlive(pid)).toBe(false)
  expect(await readdir(folder.path)).toEqual([])
})

it('Ctrl-C while the nodes still start leaves nothing either', async () => {
  await vi.waitFor(() => expect(lines.some(line => line.includes('1 of 6'))).toBe(true), {
    interval: 1,
  })
  child.kill('SIGINT')
  expect(await once(child, 'exit')).toEqual([0, null])
  expect(lines.at(-1)).toBe('All nodes have stopped; their folders are removed.')
  expect(await readdir(folder.path)).toEqual([])
})
