import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { askNode, findRunningNode } from '../../src/main/cli/running-node.ts'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import type { Status } from '../../src/shared/schema/status.ts'
import { minute, second } from '../../src/shared/units.ts'
import { drawPage, letter } from '../support/letters.ts'
import { NodeProcess, type NodeProcessInit, onLoopback } from '../support/node-process.ts'
import { modeAfter, saveSettings } from '../support/owned-node.ts'
import { PretendedSystem } from '../support/pretended-system.ts'
import { eventually } from '../support/swarm/swarm.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: { path: string; remove: () => Promise<void> }
let nodes: NodeProcess[]
let system: PretendedSystem | undefined

beforeEach(async () => {
  folder = await temporaryFolder()
  nodes = []
  system = undefined
})

afterEach(async () => {
  system?.stop()
  await Promise.all(nodes.map(node => node.kill()))
  await folder.remove()
})

async function start(name: string, init: Partial<NodeProcessInit> = {}): Promise<NodeProcess> {
  const first = nodes[0]
  const seeds = first === undefined ? [] : (await first.runtime()).addresses.flatMap(address => ['--seed', address])
  const args = [...onLoopback, '--loopback-swarm', ...seeds, ...(init.args ?? [])]
  const node = new NodeProcess({ folder: folder.path, name, ...init, args })
  nodes.push(node)
  await node.dashboardUrl()
  return node
}

async function command(node: NodeProcess, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await node.command(args)
  expect(code, stderr).toBe(0)
  return stdout
}

/** Asked of the node itself: each command is a program, which tests that run beside this one would notice. */
async function statusOf({ dataFolder }: NodeProcess): Promise<Status> {
  return await askNode(await findRunningNode(dataFolder, {}), rpc => rpc.status.get())
}

describe('pausing', () => {
  it('with requests under way loses none, outlives kill -9, and ends when the owner resumes', async () => {
    const document = new Uint8Array(await drawPage(letter).png().toBuffer())
    const requester = await start('requester', { env: { DHT_CACHE_TTL: '2' } })
    const [paused, other] = await Promise.all([
      start('paused', { args: ['--donate'] }),
      start('other', { args: ['--donate'] }),
    ])
    const [pausedId, otherId] = [(await paused.runtime()).peerId, (await other.runtime()).peerId]
    const { serviceUrl } = await requester.runtime()
    const authorization = `Bearer ${await requester.token()}`
    const ask = async () => {
      const response = await fetch(`${serviceUrl}/service/ocr`, {
        method: 'POST',
        headers: { authorization, 'content-type': 'image/png' },
        body: document,
      })
      expect(response.status, await response.text()).toBe(200)
      return response.headers.get('x-rma-worker')
    }
    const known = new Set<string | null>()
    await eventually(async () => {
      known.add(await ask())
      expect([...known].sort()).toEqual([pausedId, otherId].sort())
    }, 1 * minute)
    const asked = Promise.all(Array.from({ length: 8 }, ask))
    asked.catch(() => undefined)
    const running = async () => (await statusOf(paused)).services.reduce((sum, service) => sum + service.running, 0)
    await eventually(async () => expect(await running()).toBeGreaterThan(0), 10 * second)

    const since = Date.now()
    const said = await command(paused, 'pause', '30m')
    const reactionMs = await modeAfter(paused, 'halt', since, 5 * second)
    expect(said).toMatch(/^Paused until \d\d:\d\d, (30 min 0|29 min 59) s left$/m)
    const workers = await asked
    expect(workers.filter(worker => worker === otherId).length).toBeGreaterThan(0)
    expect(await ask()).toBe(otherId)

    await paused.kill()
    nodes.splice(nodes.indexOf(paused), 1)
    const again = await start('paused')
    const { activity, donating } = await statusOf(again)
    expect(donating).toBe(true)
    expect(activity).toMatchObject({ kind: 'paused', until: expect.closeTo(since + 30 * minute, -4) })
    await command(again, 'resume')
    expect((await statusOf(again)).activity.kind).not.toBe('paused')
    console.log(
      `paused ${reactionMs} ms after the command began; 8 of 8 answered, ${workers.filter(worker => worker === otherId).length} by the other worker`,
    )
  })

  it('“finish, then stop” is off once nothing runs', async () => {
    const node = await start('node', { args: ['--donate'] })
    await command(node, 'donate', 'off', '--finish')
    await eventually(
      async () => expect(await statusOf(node)).toMatchObject({ donating: false, activity: { kind: 'off' } }),
      5 * second,
    )
    const kept = async (): Promise<Settings> =>
      JSON.parse(await readFile(join(node.dataFolder, 'settings.json'), 'utf8'))
    await eventually(async () => expect(await kept()).toMatchObject({ donating: false, finishing: false }), 5 * second)
  })
})

describe.runIf(process.platform === 'linux')('a machine whose owner needs it', () => {
  async function startWatchful(limits: Settings['limits'] = defaultSettings.limits) {
    const pretended = new PretendedSystem(join(folder.path, 'system'))
    await pretended.start()
    system = pretended
    const settings = { ...defaultSettings, donating: true, consent: true, limits }
    await saveSettings(join(folder.path, 'donor'), settings)
    const node = await start('donor', { args: ['--system-root', pretended.root], watchful: true })
    await pretended.show(node.pid)
    await eventually(async () => expect((await statusOf(node)).allowance.mode).toBe('work'), 10 * second)
    return { node, system: pretended }
  }

  it('on battery waits within a second or two, says why, and goes on when it is plugged in again', async () => {
    const { node, system } = await startWatchful()
    const unplugged = Date.now()
    await system.power({ plugged: false })
    const waitMs = await modeAfter(node, 'halt', unplugged, 5 * second)
    expect(await command(node, 'status')).toContain('Waiting: on battery (63%)')
    const plugged = Date.now()
    await system.power({ plugged: true })
    const returnMs = await modeAfter(node, 'work', plugged, 15 * second)
    console.log(`on battery: waited after ${waitMs} ms, went on ${returnMs} ms after the plug`)
    expect(waitMs).toBeLessThan(2 * second)
  })

  it('busy with other programs yields within the grace and 2 s, and comes back when they are done', async () => {
    const { node, system } = await startWatchful({
      ...defaultSettings.limits,
      otherPrograms: { ...defaultSettings.limits.otherPrograms, graceSeconds: 2 },
    })
    const { busy } = system.processors()
    await eventually(async () => {
      const { allowance } = await statusOf(node)
      expect(allowance.mode).toBe('work')
      expect(allowance.blind.map(({ sensor }) => sensor)).not.toContain('otherCpu')
    }, 10 * second)
    const since = Date.now()
    busy(1)
    const yieldMs = await modeAfter(node, 'halt', since, 10 * second)
    expect(await command(node, 'status')).toContain('Waiting: other programs need the processor')
    const done = Date.now()
    busy(0)
    const returnMs = await modeAfter(node, 'work', done, 40 * second)
    console.log(`other programs: yielded after ${yieldMs} ms (grace 2 s), back ${returnMs} ms after they ended`)
    expect(yieldMs).toBeLessThan(5 * second)
  })
})
