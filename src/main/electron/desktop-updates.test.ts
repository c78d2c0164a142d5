import { describe, expect, it, vi } from 'vitest'
import { hour, minute, second } from '../../shared/units.ts'
import { desktopTest } from './stand-in/desktop-test.ts'
import type { LaunchOptions } from './stand-in/launch.ts'
import { servedJob } from './stand-in/served-job.ts'
import type { SmallNode } from './stand-in/small-node.ts'
import { StandInUpdateFeed } from './stand-in/update-feed.ts'

const { launch, launchVisible } = desktopTest()

describe('updates', () => {
  const offered = { version: '1.1.0', releaseNotes: '<p>Reads faster</p>' }

  async function launchWithFeed(options: LaunchOptions = {}) {
    const feed = new StandInUpdateFeed()
    const app = await launch({ argv: ['--hidden'], updates: { kind: 'feed', load: async () => feed }, ...options })
    app.clock.turn(1 * minute)
    await vi.waitFor(() => expect(feed.checks).toBe(1))
    return { ...app, feed }
  }

  const updateOf = (node: SmallNode) => {
    const shell = node.shell.state.get()
    return shell.kind === 'app' ? shell.update : undefined
  }

  it('are looked for a minute after the start and every six hours, loaded, and shown with their notes', async () => {
    const { electron, clock, node, feed } = await launchWithFeed({ argv: [] })
    clock.turn(6 * hour)
    await vi.waitFor(() => expect(feed.checks).toBe(2))
    feed.emit('checking-for-update')
    expect(updateOf(node)).toEqual({ kind: 'checking' })
    feed.emit('update-not-available', offered)
    expect(updateOf(node)).toMatchObject({ kind: 'current' })
    feed.emit('update-available', offered)
    feed.emit('download-progress', { percent: 41.7 })
    expect(updateOf(node)).toEqual({ kind: 'loading', version: '1.1.0', share: 0.42 })
    feed.emit('update-downloaded', offered)
    expect(updateOf(node)).toEqual({ kind: 'ready', version: '1.1.0', notes: 'Reads faster', waitsFor: 'end' })
    clock.turn(1 * second)
    // The window is there: nothing happens by itself under the eyes of the owner.
    expect(feed.installs).toBe(0)
    electron.tray.menu.click('Restart with version 1.1.0')
    await vi.waitFor(() => expect(feed.installs).toBe(1))
  })

  it('that ask for a password wait for the owner’s word, also where no job runs, and say so', async () => {
    const { electron, node, feed } = await launchWithFeed({ quietUpdates: false })
    feed.emit('update-downloaded', offered)
    node.status.update(status => ({ ...status }))
    expect(updateOf(node)).toMatchObject({ kind: 'ready', waitsFor: 'owner' })
    expect(electron.notifications.map(({ body }) => body)).toEqual([
      'Version 1.1.0 is ready. Installing it asks for your password.',
    ])
    expect(feed.installs).toBe(0)
    electron.tray.menu.click('Restart with version 1.1.0')
    await vi.waitFor(() => expect(feed.installs).toBe(1))
  })

  it('wait for a running job, then end the app cleanly, install, and start it anew without a window', async () => {
    const { electron, node, feed } = await launchWithFeed()
    node.jobs.set({ jobs: [servedJob] })
    feed.emit('update-downloaded', offered)
    node.status.update(status => ({ ...status }))
    expect(updateOf(node)).toMatchObject({ kind: 'ready', waitsFor: 'jobs' })
    expect(feed.installs).toBe(0)
    expect(electron.notifications.map(({ body }) => body)).toEqual([
      'Version 1.1.0 is ready. It is installed once no request is being answered.',
    ])
    node.jobs.set({ jobs: [] })
    node.status.update(status => ({ ...status }))
    await vi.waitFor(() => expect(feed.installs).toBe(1))
    expect(node.stopped).toBe(1)
    electron.app.quit()
    await electron.app.exited
    const updated = await launch()
    expect(updated.electron.windows).toHaveLength(0)
    updated.electron.app.quit()
    await updated.electron.app.exited
    expect((await launchVisible()).electron.windows).toHaveLength(1)
  })

  it('that the installer does not install leave the app as it was, started anew', async () => {
    const { electron, clock, node, feed } = await launchWithFeed()
    feed.emit('update-downloaded', offered)
    node.status.update(status => ({ ...status }))
    await vi.waitFor(() => expect(feed.installs).toBe(1))
    clock.turn(10 * second)
    expect(await electron.app.exited).toBe(0)
    expect(electron.app.relaunchArguments).toHaveLength(1)
  })

  it('that fail, or are described in a way nobody can read, are said in words; what is loaded stays', async () => {
    const { clock, node, feed } = await launchWithFeed()
    node.jobs.set({ jobs: [servedJob] })
    feed.failure = new Error('no route\nto host')
    clock.turn(6 * hour)
    await vi.waitFor(() => expect(updateOf(node)).toMatchObject({ kind: 'failed', message: 'no route' }))
    feed.emit('update-available', { version: '../../evil' })
    expect(updateOf(node)).toMatchObject({ kind: 'failed', message: expect.stringContaining('cannot be read') })
    feed.emit('update-downloaded', offered)
    feed.emit('error', new Error('later'))
    expect(updateOf(node)).toMatchObject({ kind: 'ready' })
  })

  it('are off where there is no place to get them from', async () => {
    const { node, clock, electron } = await launch()
    clock.turn(1 * second)
    expect(updateOf(node)).toEqual({ kind: 'off', why: 'no-server' })
    await expect(node.shell.checkForUpdate()).rejects.toMatchObject({ code: 'UPDATES_OFF' })
    await expect(node.shell.installUpdate()).rejects.toMatchObject({ code: 'UPDATES_OFF' })
    expect(electron.tray.menu.labels).toContain('Updates: this build has no server for them')
  })
})
