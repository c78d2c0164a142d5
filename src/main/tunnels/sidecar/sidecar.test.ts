import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { LineReader } from './line-reader.ts'
import { processIdentity } from './process-identity.ts'
import { SidecarNote } from './sidecar-note.ts'
import { type SidecarExit, SidecarProcess } from './sidecar-process.ts'

const log = pino({ level: 'silent' })
let dataFolder: string
let note: SidecarNote

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'rma-sidecar-'))
  note = new SidecarNote({ log }, { dataFolder, name: 'program' })
})

afterEach(() => rm(dataFolder, { recursive: true }))

const notePath = () => join(dataFolder, 'program.process.json')
const isNoted = () => vi.waitFor(() => readFile(notePath(), 'utf8'))

function run(script: string) {
  const lines: string[] = []
  const exit = Promise.withResolvers<SidecarExit>()
  const sidecar = new SidecarProcess(
    { note, log },
    {
      program: process.execPath,
      args: ['-e', script],
      cwd: dataFolder,
      onLine: line => lines.push(line),
      onExit: exit.resolve,
    },
  )
  return { sidecar, lines, exit: exit.promise }
}

describe('a program beside the node', () => {
  it('says line by line what it has to say, and how it ended', async () => {
    const { lines, exit } = run('console.log("one\\ntwo"); console.error("three"); process.exitCode = 3')
    expect(await exit).toMatchObject({ code: 3 })
    expect(lines.toSorted()).toEqual(['one', 'three', 'two'])
  })

  it('gets none of the node’s secrets', async () => {
    vi.stubEnv('RMA_SECRET', 'hidden')
    const { lines, exit } = run('console.log(JSON.stringify(process.env))')
    await exit
    expect(lines.join()).not.toContain('hidden')
    vi.unstubAllEnvs()
  })

  it('that is not there ends at once', async () => {
    const exit = Promise.withResolvers<SidecarExit>()
    const init = { program: join(dataFolder, 'nothing'), args: [], cwd: dataFolder, onLine: () => undefined }
    new SidecarProcess({ note, log }, { ...init, onExit: exit.resolve })
    expect(await exit.promise).toMatchObject({ code: null, lastLines: [expect.stringContaining('ENOENT')] })
  })

  it('is noted down while it runs, and ended when it is asked', async () => {
    const { sidecar, exit } = run('setInterval(() => 0, 1000)')
    await isNoted()
    await sidecar.stop()
    await exit
    await vi.waitFor(() => expect(readFile(notePath(), 'utf8')).rejects.toThrow('ENOENT'))
  })
})

describe('a program that a killed node has left behind', () => {
  it('is ended at the next start', async () => {
    const { sidecar, exit } = run('process.on("SIGTERM", () => 0); setInterval(() => 0, 1000); console.log("up")')
    await isNoted()
    const later = new SidecarNote({ log }, { dataFolder, name: 'program' })
    await later.endOrphan()
    await exit
    expect(await processIdentity(sidecar.pid ?? 0)).toBeUndefined()
  })

  it('is never mistaken for another that has its number now', async () => {
    const stranger = spawn(process.execPath, ['-e', 'setInterval(() => 0, 1000)'])
    await once(stranger, 'spawn')
    await writeFile(notePath(), JSON.stringify({ pid: stranger.pid, identity: '1 cloudflared' }))
    await note.endOrphan()
    expect(await processIdentity(stranger.pid ?? 0)).toBeDefined()
    stranger.kill('SIGKILL')
    await once(stranger, 'exit')
    expect(await processIdentity(stranger.pid ?? 0)).toBeUndefined()
  })

  it('of which the note is damaged is left alone', async () => {
    await writeFile(notePath(), '{"pid":')
    await note.endOrphan()
    await expect(readFile(notePath(), 'utf8')).rejects.toThrow('ENOENT')
  })
})

it('lines are the same however they are cut into pieces', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ minLength: 1 }).filter(line => !/[\r\n]/.test(line))),
      fc.integer({ min: 1, max: 7 }),
      (said, size) => {
        const bytes = Buffer.from(said.map(line => `${line}\n`).join(''))
        const heard: string[] = []
        const reader = new LineReader(line => heard.push(line))
        for (let at = 0; at < bytes.length; at += size) reader.take(bytes.subarray(at, at + size))
        reader.end()
        expect(heard).toEqual(said)
      },
    ),
  )
})
