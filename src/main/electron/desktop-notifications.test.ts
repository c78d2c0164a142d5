import { describe, expect, it, vi } from 'vitest'
import type { Status } from '../../shared/schema/status.ts'
import { sampleService } from '../../shared/testing/samples.ts'
import { hour, minute } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import type { SmallNode } from './stand-in/small-node.ts'

const { launch, launchVisible } = desktopTest()

describe('notifications', () => {
  const failed = (node: SmallNode) =>
    node.status.update(status => ({
      ...status,
      services: [{ ...sampleService, unavailable: { kind: 'engine-failed', message: 'no model' } }],
    }))

  it('come while nobody looks, once for the same thing, and lead to the page that says more', async () => {
    const { electron, node } = await launch({ argv: ['--hidden'] })
    failed(node)
    failed(node)
    expect(electron.notifications).toEqual([
      { title: 'RMA Donor', body: '“Read documents” does not work. The logs say why.' },
    ])
    electron.clickNotification()
    await vi.waitFor(() => expect(electron.window.isVisible()).toBe(true))
    expect(electron.window.webContents.url).toBe('app://rma-donor/index.html#/logs')
    electron.app.quit()
    await electron.app.exited
    const again = await launch({ argv: ['--hidden'] })
    failed(again.node)
    expect(again.electron.notifications).toEqual([])
  })

  it('do not come while the window is there to be read, nor later for what stood in it', async () => {
    const { electron, node } = await launchVisible()
    failed(node)
    electron.window.hide()
    failed(node)
    expect(electron.notifications).toEqual([])
  })

  it('come while the window is minimized', async () => {
    const { electron, node } = await launchVisible()
    electron.window.minimize()
    failed(node)
    expect(electron.notifications).toHaveLength(1)
  })

  it('come again for what failed anew after it was well for an hour, and not before', async () => {
    const { electron, node, clock } = await launch({ argv: ['--hidden'] })
    const well = () => node.status.update(status => ({ ...status, services: [] }))
    failed(node)
    well()
    clock.turn(59 * minute)
    failed(node)
    well()
    clock.turn(59 * minute)
    well()
    failed(node)
    expect(electron.notifications).toHaveLength(1)
    well()
    clock.turn(1 * hour)
    well()
    failed(node)
    expect(electron.notifications).toHaveLength(2)
  })

  it('do not come to an owner who does not want them', async () => {
    const { electron, node } = await launchVisible()
    await node.shell.change({ notifications: false })
    electron.window.close()
    failed(node)
    expect(electron.notifications).toEqual([])
  })

  it('tell that all work is finished, each time', async () => {
    const { electron, node } = await launch({ argv: ['--hidden'] })
    const be = (activity: Status['activity']) => node.status.update(status => ({ ...status, activity }))
    for (let time = 0; time < 2; time++) {
      be({ kind: 'stopping', jobs: 1 })
      be({ kind: 'off' })
      be({ kind: 'ready' })
    }
    expect(electron.notifications.map(({ body }) => body)).toEqual(
      Array(2).fill('All work is finished, and donating is off.'),
    )
  })
})
