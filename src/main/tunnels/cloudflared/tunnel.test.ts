import { once } from 'node:events'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { obedient } from '../../../../e2e/support/cloudflare/connector.ts'
import { CloudflareEdge } from '../../../../e2e/support/cloudflare/edge.ts'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import type { TunnelView } from '../../../shared/schema/tunnel.ts'
import { minute, second } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import { SidecarNote } from '../sidecar/sidecar-note.ts'
import { Tunnel } from './tunnel.ts'

const log = pino({ level: 'silent' })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let edge: CloudflareEdge
let program: string | undefined
let dataFolder: string
let clock: TurnedClock
let origin: Server
let tunnel: Tunnel
let reached: boolean
let outOfReach: () => void

beforeEach(async () => {
  folder = await temporaryFolder()
  edge = await CloudflareEdge.start(folder.path)
  program = await edge.cloudflared()
  dataFolder = join(folder.path, 'donor')
  await mkdir(dataFolder, { mode: 0o700 })
  outOfReach = edge.comeIntoReach()
  clock = new TurnedClock(Date.now())
  reached = true
  origin = createServer((_, response) => response.end('here')).listen(0, '127.0.0.1')
  await once(origin, 'listening')
  tunnel = new Tunnel(
    {
      note: new SidecarNote({ log }, { dataFolder, name: 'cloudflared' }),
      proveReach: async url => {
        const said = await (await fetch(url)).text()
        if (said !== 'here' || !reached) throw new Error('somebody else is there')
      },
      findProgram: async () => program,
      clock,
      log,
    },
    { dataFolder, localPort: () => (origin.address() as AddressInfo).port, random: () => 0 },
  )
  await tunnel.start()
})

afterEach(async () => {
  await tunnel.stop()
  await vi.waitFor(() => expect(edge.connectors).toEqual([]))
  outOfReach()
  origin.close()
  await edge.stop()
  await folder.remove()
})

/** Lets seconds pass until the tunnel is as wanted. */
const becomes = (wanted: Partial<TunnelView>) =>
  vi.waitFor(() => {
    clock.turn(second)
    expect(tunnel.state.get()).toMatchObject(wanted)
  })

describe('a quick tunnel', () => {
  it('is announced once somebody came through it, withdrawn when it is lost, and made again', async () => {
    edge.conduct = { ...obedient, connects: 'when told', hostname: 'a-b-c.trycloudflare.com' }
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'connecting', url: 'https://a-b-c.trycloudflare.com' })
    clock.turn(5 * second)
    expect(tunnel.url.get()).toBeUndefined()
    edge.connectors[0]?.connect()
    await becomes({ kind: 'ready' })
    expect(tunnel.url.get()).toBe('https://a-b-c.trycloudflare.com')

    edge.conduct = { ...obedient, hostname: 'd-e-f.trycloudflare.com' }
    edge.connectors[0]?.crash()
    await vi.waitFor(() => expect(tunnel.state.get().kind).toBe('backing-off'))
    expect(tunnel.url.get()).toBeUndefined()
    await becomes({ kind: 'ready', url: 'https://d-e-f.trycloudflare.com' })
  })

  it('that leads to somebody else is never announced', async () => {
    reached = false
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'connecting' })
    await becomes({ kind: 'backing-off', why: 'nobody gets through it: somebody else is there' })
    expect(tunnel.url.get()).toBeUndefined()
  })

  it('that comes to lead to somebody else is withdrawn although its provider says that all is well', async () => {
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    const readyAt = clock.now()
    reached = false
    await becomes({ kind: 'backing-off', why: 'nobody gets through it: somebody else is there' })
    expect(tunnel.url.get()).toBeUndefined()
    expect(clock.now() - readyAt).toBeLessThan(2 * minute)
  })

  it('is given up for a quarter of an hour where too many are asked for', async () => {
    edge.conduct = { ...obedient, rateLimited: true }
    tunnel.configure({ kind: 'quick' })
    await vi.waitFor(() => expect(tunnel.state.get().kind).toBe('backing-off'))
    const state = tunnel.state.get()
    expect(state.kind === 'backing-off' && state.until - clock.now()).toBeGreaterThan(14 * minute)
  })

  it('ends when it is wanted no more, and begins again when it is', async () => {
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    const [first] = edge.connectors
    tunnel.configure({ kind: 'off' })
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    expect(edge.connectors).toHaveLength(1)
    expect(edge.connectors[0]?.pid).not.toBe(first?.pid)
    tunnel.configure({ kind: 'off' })
    expect(tunnel.state.get()).toEqual({ kind: 'stopped' })
    expect(tunnel.url.get()).toBeUndefined()
  })

  it('is begun anew at once when it is chosen anew: that the old program ends is no failure', async () => {
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    const [first] = edge.connectors
    const seen: TunnelView[] = []
    tunnel.state.subscribe(state => seen.push(state))
    tunnel.configure({ kind: 'off' })
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    expect(edge.connectors[0]?.pid).not.toBe(first?.pid)
    expect(seen.map(({ kind }) => kind)).toEqual(['stopped', 'starting', 'connecting', 'ready'])
  })

  it('that loses its provider and does not find back is begun anew', async () => {
    tunnel.configure({ kind: 'quick' })
    await becomes({ kind: 'ready' })
    const [first] = edge.connectors
    first?.disconnect()
    await vi.waitFor(() => {
      // A program takes its time to start, whatever the clock says.
      if (tunnel.state.get().kind !== 'starting') clock.turn(10 * second)
      expect(edge.connectors.some(({ pid }) => pid !== first?.pid)).toBe(true)
    })
  })
})

describe('a tunnel of the owner’s own', () => {
  it('has its name from its configuration, and its token is nowhere but in its file', async () => {
    const { port } = origin.address() as AddressInfo
    edge.named.set('very-secret-token', { hostname: 'donor.example.org', service: `http://127.0.0.1:${port}` })
    const tokenFile = join(folder.path, 'token')
    await writeFile(tokenFile, 'very-secret-token', { mode: 0o600 })
    tunnel.configure({ kind: 'named', tokenFile })
    await becomes({ kind: 'ready', url: 'https://donor.example.org' })
    expect(edge.connectors[0]?.args.join(' ')).not.toContain('secret')
    const cmdline =
      process.platform === 'linux' ? await readFile(`/proc/${edge.connectors[0]?.pid}/cmdline`, 'utf8') : ''
    expect(cmdline).not.toContain('secret')
    const notes = (await readdir(dataFolder)).filter(name => name.endsWith('.json'))
    for (const name of notes) expect(await readFile(join(dataFolder, name), 'utf8')).not.toContain('secret')
  })

  it('is refused where others may read the token', async () => {
    const tokenFile = join(folder.path, 'token')
    await writeFile(tokenFile, 'very-secret-token', { mode: 0o644 })
    tunnel.configure({ kind: 'named', tokenFile })
    const why = `expected that only you may read ${tokenFile} (mode 600), got mode 644`
    await becomes({ kind: 'failed', why })
    expect(edge.connectors).toEqual([])
  })
})

it('is tried again where it took too long to find cloudflared', async () => {
  const asked: ((path: string | undefined) => void)[] = []
  const slow = new Tunnel(
    {
      note: new SidecarNote({ log }, { dataFolder, name: 'another' }),
      proveReach: async () => undefined,
      findProgram: () => new Promise(resolve => asked.push(resolve)),
      clock,
      log,
    },
    { dataFolder, localPort: () => 1, random: () => 0 },
  )
  await slow.start()
  slow.configure({ kind: 'quick' })
  await vi.waitFor(() => expect(asked).toHaveLength(1))
  clock.turn(61 * second)
  expect(slow.state.get().kind).toBe('backing-off')
  clock.turn(minute)
  await vi.waitFor(() => expect(asked).toHaveLength(2))
  asked[0]?.(program)
  asked[1]?.(undefined)
  await vi.waitFor(() => expect(slow.state.get().kind).toBe('unavailable'))
  expect(edge.connectors).toEqual([])
  await slow.stop()
})

it('says where cloudflared is to be had when it is missing', async () => {
  program = undefined
  tunnel.configure({ kind: 'quick' })
  await becomes({ kind: 'unavailable', why: expect.stringContaining('cloudflared is not installed') } as never)
})
