import { describe, expect, it, vi } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import { servedJob } from './stand-in/served-job.ts'
import { SmallNode } from './stand-in/small-node.ts'
import { StandInSystem } from './stand-in/system.ts'

const { prepare, launchVisible } = desktopTest()

describe('quit', () => {
  it('stops the node before the app ends', async () => {
    const node = new SmallNode()
    const gate = Promise.withResolvers<void>()
    node.stopGate = gate.promise
    const { electron } = await launchVisible({ node })
    electron.tray.menu.click('Stop and quit')
    electron.app.quit()
    expect(electron.app.hasExited).toBe(false)
    gate.resolve()
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
    expect(electron.trays[0]?.isDestroyed()).toBe(true)
    expect(electron.windows.every(window => window.isDestroyed())).toBe(true)
  })

  it('ends after 20 s when the node does not stop', async () => {
    const node = new SmallNode()
    node.stopGate = new Promise<void>(() => undefined)
    const { electron, clock } = await launchVisible({ node })
    electron.app.quit()
    await vi.waitFor(() => {
      clock.turn(20 * second)
      expect(electron.app.hasExited).toBe(true)
    })
  })

  it('finishes its jobs first, and shows that', async () => {
    const node = new SmallNode()
    const job = Promise.withResolvers<void>()
    node.drainGate = job.promise
    const { electron, clock } = await launchVisible({ node })
    node.jobs.set({ jobs: [servedJob] })
    electron.tray.menu.click('Stop and quit')
    clock.turn(1 * second)
    expect(electron.tray.tip).toContain('Finishing 1 request, then quitting')
    expect(electron.tray.menu.labels).toEqual(['Finishing 1 request, then quitting', '—', 'Quit without waiting'])
    expect(electron.applicationMenu?.template[0]?.submenu?.[0]?.label).toBe('Finishing 1 request, then quitting')
    expect(node.stopped).toBe(0)
    job.resolve()
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
  })

  it('waits no longer when the owner does not want to, when the system shuts down, or after two minutes', async () => {
    const ways: ((app: Awaited<ReturnType<typeof launchVisible>>) => void)[] = [
      ({ electron }) => electron.tray.menu.click('Quit without waiting'),
      ({ electron }) => electron.powerMonitor.emit('shutdown'),
      ({ clock }) => clock.turn(2 * minute),
    ]
    for (const hurry of ways) {
      const node = new SmallNode()
      node.drainGate = new Promise<void>(() => undefined)
      const app = await launchVisible({ node })
      app.electron.app.quit()
      app.clock.turn(1 * second)
      expect(app.electron.tray.menu.labels).toContain('Quit without waiting')
      hurry(app)
      expect(await app.electron.app.exited).toBe(0)
      expect(node.stopped).toBe(1)
    }
  })

  it('is what a second launch asks for with --quit, as an installer does', async () => {
    const system = new StandInSystem()
    const { electron, node } = await launchVisible({ system })
    expect(prepare({ system, argv: ['rma-donor', '--quit'] }).isFirst).toBe(false)
    expect(await electron.app.exited).toBe(0)
    expect(node.stopped).toBe(1)
  })
})
