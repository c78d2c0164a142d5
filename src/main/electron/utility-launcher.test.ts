import { EventEmitter } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { getPriority } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { pathToFileURL } from 'node:url'
import { pino } from 'pino'
import { afterEach, expect, it, vi } from 'vitest'
import { characterAccuracy, drawPage, letter } from '../../../e2e/support/letters.ts'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { minute } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { type EngineEntries, engineEntries } from '../services/engine-launcher.ts'
import { ServiceHost } from '../services/service-host.ts'
import { ocr } from '../services/testing/english-ocr.ts'
import { failureOf, obedience, orderFor, requestFor, testEntries, textOf } from '../services/testing/test-host.ts'
import { StandInElectron } from './stand-in/electron.ts'
import { createUtilityLauncher } from './utility-launcher.ts'

// Real engines in real processes, which speak through Electron's kind of port.

vi.setConfig({ testTimeout: minute })
const log = pino({ enabled: false })
let host: ServiceHost | undefined

afterEach(() => host?.stop())

function start(entries: EngineEntries, environment: NodeJS.ProcessEnv = process.env): ServiceHost {
  const { utilityProcess } = new StandInElectron()
  host = new ServiceHost(
    { launch: createUtilityLauncher({ utilityProcess, log }, { entries, environment }), clock: systemClock, log },
    {
      machine: { cpuThreads: 2, memoryMiB: 8_192 },
      services: { ocr: { enabled: true }, obedience: { enabled: true } },
      definitions: [ocr, obedience],
    },
  )
  host.start()
  host.setAccepting('everybody')
  return host
}

it('reads a letter', async () => {
  const host = start(engineEntries(import.meta.url))
  const document = await drawPage(letter).png().toBuffer()
  const answer = await host.run(requestFor(document, { service: 'ocr', contentType: 'image/png' }))
  expect(characterAccuracy(letter, JSON.parse(await textOf(answer)).text)).toBeGreaterThanOrEqual(0.98)
})

it('runs engines at low priority, with nothing of the app’s environment that is none of their business', async () => {
  const host = start(testEntries, { PATH: '/bin', RMA_DONOR_HOME: '/home/donor', NODE_OPTIONS: '--no-warnings' })
  const [{ environment, priority }] = JSON.parse(await textOf(await host.run(orderFor({ do: 'environment' }))))
  expect(Object.keys(environment).filter(name => /RMA|NODE_OPTIONS/.test(name))).toEqual([])
  expect(environment.PATH).toBe('/bin')
  expect(priority).toBeGreaterThan(getPriority())
})

it('tells why an engine ended itself, although that comes with its end', async () => {
  const host = start(testEntries)
  const error = await failureOf(host.run(orderFor({ do: 'allocate' })).then(textOf))
  expect(error).toMatchObject({ code: 'ENGINE_FAILED', details: { reason: 'memory' } })
})

it('ends an engine that hears nothing any more', async () => {
  const host = start(testEntries)
  await host.run(orderFor({ do: 'echo', text: 'warm' }))
  const [pid = 0] = host.enginePids('obedience')
  const started = Promise.withResolvers<void>()
  const failure = failureOf(host.run(orderFor({ do: 'block' }, { onStarted: started.resolve })).then(textOf))
  await started.promise
  host.stop()
  expect((await failure).code).toBe('PAUSED')
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow('ESRCH'))
})

it('does not ask a process to end, but ends it', async () => {
  const folder = await temporaryFolder()
  try {
    const stubborn =
      "process.on('SIGTERM', () => undefined); process.parentPort.postMessage('deaf'); setInterval(() => 0, 1000)"
    await writeFile(join(folder.path, 'stubborn.js'), stubborn)
    const { utilityProcess } = new StandInElectron()
    const entries = { folder: pathToFileURL(`${folder.path}/`), extension: '.js' } as const
    const engine = createUtilityLauncher({ utilityProcess, log }, { entries, environment: process.env })('stubborn')
    expect(await new Promise(engine.onMessage.bind(engine))).toBe('deaf')
    engine.kill()
    await new Promise(engine.onExit.bind(engine))
    expect(engine.pid).toBeUndefined()
  } finally {
    await folder.remove()
  }
})

it('reports the end of a process after its last words, and does not wait for them for ever', async () => {
  const child = Object.assign(new EventEmitter(), {
    pid: undefined,
    stderr: new PassThrough(),
    postMessage: vi.fn(),
    kill: vi.fn(() => true),
  })
  const fork = () => child
  const launch = createUtilityLauncher({ utilityProcess: { fork }, log }, { entries: testEntries, environment: {} })
  const told: string[] = []
  for (const stream of ['ends', 'stays open']) {
    const engine = launch(stream)
    const exited = new Promise<void>(resolve => engine.onExit(() => resolve(void told.push('exit'))))
    engine.onErrorLine(line => told.push(line))
    child.emit('exit', 1)
    if (stream === 'ends') setImmediate(() => child.stderr.end('why\n'))
    await exited
    child.removeAllListeners()
    child.stderr = new PassThrough()
  }
  expect(told).toEqual(['why', 'exit', 'exit'])
})
