import { describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { Status } from '../../shared/schema/status.ts'
import { hour, second } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import { SmallNode } from './stand-in/small-node.ts'

const { launch, launchVisible, dataFile } = desktopTest()

describe('the tray', () => {
  it('switches donating and follows the node', async () => {
    const { electron, clock, node } = await launch()
    expect(electron.tray.image).toBe('/assets/tray/connecting-panel-on-light.png')
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-light.png')
    electron.tray.menu.click('Donate Compute')
    await vi.waitFor(() => expect(node.status.get().donating).toBe(true))
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/donating-panel-on-light.png')
    expect(electron.tray.menu.labels[0]).toBe('Ready: no requests yet')
    expect(electron.tray.menu.template.find(row => row.label === 'Donate Compute')?.checked).toBe(true)
  })

  it('pauses for a while, and offers the way back in its place, in the windows’ menu too', async () => {
    const { electron, clock, node } = await launch()
    await node.setDonating(true)
    clock.turn(1 * second)
    electron.tray.menu.click('2 h', 'Pause for')
    await vi.waitFor(() => expect(node.status.get().activity).toEqual({ kind: 'paused', until: 2 * hour }))
    clock.turn(1 * second)
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-light.png')
    expect(electron.tray.menu.labels).not.toContain('Pause for')
    electron.applicationMenu?.click('Resume')
    await vi.waitFor(() => expect(node.status.get().activity).toEqual({ kind: 'ready' }))
    clock.turn(1 * second)
    expect(electron.tray.menu.labels).toContain('Pause for')
  })

  it('pauses the graphics card alone, and offers to go on as soon as the node has heard', async () => {
    const { electron, clock, node } = await launch()
    const gpus: Gpu[] = [{ vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }]
    node.status.update(status => ({ ...status, capabilities: { ...status.capabilities, gpus } }))
    await node.setDonating(true)
    clock.turn(1 * second)
    electron.tray.menu.click('Until I resume', 'Pause GPU')
    await vi.waitFor(() => expect(node.settings.get().gpuPause).toEqual({ since: 0 }))
    clock.turn(1 * second)
    electron.tray.menu.click('Resume GPU')
    await vi.waitFor(() => expect(node.settings.get().gpuPause).toBeUndefined())
  })

  it('shows the dashboard when a wish fails', async () => {
    const node = new SmallNode()
    node.resume = async () => {
      throw new RmaError('DATA_FOLDER_UNUSABLE', 'the disk is full')
    }
    const { electron, clock } = await launchVisible({ node })
    await node.setDonating(true)
    await node.pause()
    clock.turn(1 * second)
    electron.window.close()
    electron.tray.menu.click('Resume')
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
  })

  it('opens the dashboard where the donor has to consent first, with the tick taken back', async () => {
    const { electron, node } = await launchVisible({ node: new SmallNode({ consent: false }) })
    electron.window.close()
    electron.tray.menu.click('Open dashboard')
    const before = electron.tray.menusSet
    electron.applicationMenu?.click('Donate Compute')
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    expect(electron.tray.menusSet).toBe(before + 1)
    expect(node.status.get().donating).toBe(false)
  })

  it('is updated at most once a second, and its menu only when the words change', async () => {
    const { electron, clock, node } = await launch()
    clock.turn(1 * second)
    const before = electron.tray.menusSet
    for (let known = 1; known <= 50; known++) {
      node.topology.update(topology => ({ ...topology, counts: { ...topology.counts, known } }))
    }
    clock.turn(5 * second)
    expect(electron.tray.menusSet).toBeLessThanOrEqual(before + 2)
    expect(electron.tray.menu.labels).toContain('Topology (50)')
    const after = electron.tray.menusSet
    node.status.update(status => ({ ...status, load: { ...status.load, cpu: 0.5 } }))
    clock.turn(5 * second)
    expect(electron.tray.menusSet).toBe(after)
  })

  it('is drawn again when the system bar changes its colour', async () => {
    const { electron, clock } = await launch()
    clock.turn(1 * second)
    electron.nativeTheme.shouldUseDarkColorsForSystemIntegratedUI = true
    electron.nativeTheme.emit('updated')
    expect(electron.tray.image).toBe('/assets/tray/paused-panel-on-dark.png')
  })
})

describe('each state of the tray', () => {
  const states: [string, Partial<Status>, readonly [row: string, within?: string][]][] = [
    ['off', { donating: false, activity: { kind: 'off' } }, [['Donate Compute']]],
    ['ready', { donating: true, activity: { kind: 'ready' } }, [['1 h', 'Pause for'], ['Donate Compute']]],
    ['working', { donating: true, activity: { kind: 'working', jobs: 1 } }, [['Finish current work, then stop']]],
    ['paused', { donating: true, activity: { kind: 'paused' } }, [['Resume']]],
    [
      'waiting',
      { donating: true, activity: { kind: 'waiting', reason: { kind: 'metered' }, jobs: 0 } },
      [['Until I resume', 'Work anyway for']],
    ],
    ['alone', { donating: true, activity: { kind: 'alone' } }, [['2 h', 'Pause for']]],
    ['no-service', { donating: true, activity: { kind: 'no-service' } }, [['Donate Compute'], ['8 h', 'Pause for']]],
    ['stopping', { donating: true, activity: { kind: 'stopping', jobs: 1 } }, [['Resume'], ['4 h', 'Pause for']]],
  ]

  it.each(states)('%s has rows that do what they say', async (_name, change, rows) => {
    const { electron, clock, node } = await launch()
    const asked = vi.spyOn(node, 'setDonating')
    const others = [
      vi.spyOn(node, 'pause'),
      vi.spyOn(node, 'workAnyway'),
      vi.spyOn(node, 'resume'),
      vi.spyOn(node, 'finish'),
    ]
    for (const [row, within] of rows) {
      node.status.update(status => ({ ...status, ...change }))
      clock.turn(1 * second)
      const before = [asked, ...others].reduce((sum, spy) => sum + spy.mock.calls.length, 0)
      electron.tray.menu.click(row, within)
      await vi.waitFor(() =>
        expect([asked, ...others].reduce((sum, spy) => sum + spy.mock.calls.length, 0)).toBeGreaterThan(before),
      )
    }
  })
})

describe('the help menu', () => {
  it('puts a report on the clipboard, and opens the log files', async () => {
    const { electron } = await launchVisible()
    electron.applicationMenu?.click('Copy report for support')
    await vi.waitFor(() => expect(electron.copied).toEqual(['RMA Donor 0.1.0']))
    electron.applicationMenu?.click('Open folder with log files')
    expect(electron.opened).toEqual([dataFile('logs')])
  })
})
