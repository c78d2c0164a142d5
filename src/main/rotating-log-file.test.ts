import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createLog, LogBuffer } from './log.ts'
import { RotatingLogFile } from './rotating-log-file.ts'

let parent: string
const files: RotatingLogFile[] = []

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'rma-log-'))
})

afterEach(async () => {
  for (const file of files.splice(0)) file.close()
  await rm(parent, { recursive: true, force: true })
})

function logFile(init: { maxBytes?: number; files?: number } = {}): RotatingLogFile {
  const file = new RotatingLogFile({ folder: join(parent, 'logs'), name: 'app', ...init })
  files.push(file)
  return file
}

it('holds what was logged as soon as it was, for its owner alone, and goes on where the last run ended', async () => {
  for (const word of ['first', 'second']) {
    const file = logFile()
    createLog({ level: 'info', buffer: new LogBuffer(), destinations: [file] }).info(word)
    expect((await stat(file.path)).mode & 0o777).toBe(0o600)
  }
  const lines = (await readFile(join(parent, 'logs', 'app.log'), 'utf8')).trim().split('\n')
  expect(lines.map(line => JSON.parse(line).msg)).toEqual(['first', 'second'])
})

it('never grows beyond its files and their size, and keeps the newest', async () => {
  const file = logFile({ maxBytes: 100, files: 3 })
  for (let line = 1; line <= 50; line++) file.write(`line ${String(line).padStart(3, '0')} ${'.'.repeat(20)}\n`)
  const names = await readdir(join(parent, 'logs'))
  expect(names.sort()).toEqual(['app.1.log', 'app.2.log', 'app.log'])
  for (const name of names) expect((await stat(join(parent, 'logs', name))).size).toBeLessThanOrEqual(100)
  expect(await readFile(file.path, 'utf8')).toContain('line 050')
  expect(file.lost).toBe(0)
})

it('counts what it could not write, and goes on', async () => {
  await writeFile(join(parent, 'logs'), 'a file where the folder should be')
  const file = logFile()
  file.write('lost\n')
  expect(file.lost).toBe(1)
  await rm(join(parent, 'logs'))
  file.write('kept\n')
  expect(await readFile(file.path, 'utf8')).toBe('kept\n')
})
