import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { endRunningApp } from './end-running-app.ts'
import { StandInElectron } from './stand-in/electron.ts'
import { StandInSystem } from './stand-in/system.ts'

let dataFolder: string

beforeEach(async () => {
  dataFolder = await mkdtemp(join(tmpdir(), 'rma-end-'))
})

afterEach(() => rm(dataFolder, { recursive: true, force: true }))

function setUp() {
  const system = new StandInSystem()
  const running = new StandInElectron({ system }).app
  running.setPath('userData', dataFolder)
  const clock = new TurnedClock()
  const { app } = new StandInElectron({ system, argv: ['app', '--quit'] })
  return { running, clock, end: () => endRunningApp({ app, clock }, { dataFolder }) }
}

it('returns at once where none runs', async () => {
  await setUp().end()
})

it('asks the running one, and waits until it has gone', async () => {
  const { running: app, clock, end } = setUp()
  app.setPath('userData', await electronFolder())
  app.requestSingleInstanceLock()
  const asked = vi.fn()
  app.on('second-instance', (_event, argv) => asked(argv))
  const ended = vi.fn()
  void end().then(ended)
  expect(asked).toHaveBeenCalledWith(['app', '--quit'])
  clock.turn(5 * second)
  await Promise.resolve()
  expect(ended).not.toHaveBeenCalled()
  app.exit()
  await vi.waitFor(() => {
    clock.turn(1 * second)
    expect(ended).toHaveBeenCalled()
  })
})

it('waits half a minute at most', async () => {
  const { running, clock, end } = setUp()
  running.setPath('userData', await electronFolder())
  running.requestSingleInstanceLock()
  const ended = vi.fn()
  void end().then(ended)
  await vi.waitFor(() => {
    clock.turn(10 * second)
    expect(ended).toHaveBeenCalled()
  })
})

async function electronFolder(): Promise<string> {
  const folder = join(dataFolder, 'electron')
  await mkdir(folder, { recursive: true })
  return folder
}
