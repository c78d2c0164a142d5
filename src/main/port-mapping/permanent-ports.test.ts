import { writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { TurnedClock } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import { LeftOpenPorts } from './left-open.ts'
import { PermanentPorts } from './permanent-ports.ts'
import { PortMapper } from './port-mapper.ts'
import { upnpRouter } from './upnp.ts'

const service = 'urn:schemas-upnp-org:service:WANIPConnection:1'
const lanIp = '192.168.7.2'
const noted = { lanIp, internalPort: 8_468, externalPort: 8_468 }
let folder: { path: string; remove: () => Promise<void> }
let ports: PermanentPorts
let server: Server
/** Ports that the router forwards, and where to. */
let open: Map<string, { client: string; port: string }>
/** What was noted when the router was asked to open one. */
let notedBefore: unknown[]
let mappers: PortMapper[]

beforeEach(async () => {
  folder = await temporaryFolder()
  ports = new PermanentPorts(folder.path)
  open = new Map()
  notedBefore = []
  mappers = []
  server = createServer(async (incoming, outgoing) => {
    let body = ''
    for await (const chunk of incoming) body += chunk
    const action = /#(\w+)"/.exec(String(incoming.headers.soapaction))?.[1] ?? ''
    const field = (name: string) => new RegExp(`<${name}>([^<]*)<`).exec(body)?.[1] ?? ''
    const answer = await act(action, field)
    outgoing.writeHead(typeof answer === 'number' ? 500 : 200)
    outgoing.end(typeof answer === 'number' ? `<errorCode>${answer}</errorCode>` : answer)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})
afterEach(async () => {
  await Promise.all(mappers.map(mapper => mapper.stop()))
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  await folder.remove()
})

/** An old router, which knows only ports that stay open. */
async function act(action: string, field: (name: string) => string): Promise<string | number> {
  const port = field('NewExternalPort')
  const held = open.get(port)
  if (action === 'GetExternalIPAddress') return '<NewExternalIPAddress>11.1.0.1</NewExternalIPAddress>'
  if (action === 'AddPortMapping') {
    if (field('NewLeaseDuration') !== '0') return 725
    notedBefore.push(await ports.read())
    open.set(port, { client: field('NewInternalClient'), port: field('NewInternalPort') })
    return ''
  }
  if (held === undefined) return 714
  if (action === 'DeletePortMapping') open.delete(port)
  return `<NewInternalClient>${held.client}</NewInternalClient><NewInternalPort>${held.port}</NewInternalPort>`
}

function partsOf(mode: 'server' | 'client' = 'server') {
  const url = new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/ctl`)
  return {
    host: {
      mode: new LiveValue<'server' | 'client'>(mode),
      port: 8_468,
      listenIps: () => [lanIp],
      addMapping: () => undefined,
      removeMapping: () => undefined,
      isProven: () => true,
      proveAgain: () => undefined,
    },
    async *findRouters() {
      yield upnpRouter({ service, url }, lanIp)
    },
    permanent: ports,
    log: pino({ level: 'silent' }),
  }
}

/** A node on this data folder, which others can reach or not. */
function start(mode: 'server' | 'client'): PortMapper {
  const mapper = new PortMapper({ ...partsOf(mode), clock: new TurnedClock() })
  mapper.start()
  mappers.push(mapper)
  return mapper
}

const isMapped = (mapper: PortMapper) => vi.waitFor(() => expect(mapper.state.get().kind).toBe('mapped'))

describe('a port that the router never closes by itself', () => {
  it('is noted before it is opened, and no more once it was closed', async () => {
    const mapper = start('client')
    await isMapped(mapper)
    expect([notedBefore, [...open.keys()]]).toEqual([[[noted]], ['8468']])
    await mapper.stop()
    expect([await ports.read(), open.size]).toEqual([[], 0])
  })

  it('is closed at the next start of a node that was killed', async () => {
    await isMapped(start('client'))
    start('server')
    await vi.waitFor(() => expect(open.size).toBe(0))
    await vi.waitFor(async () => expect(await ports.read()).toEqual([]))
  })

  it('is closed as well where ports are to be mapped no more', async () => {
    await isMapped(start('client'))
    const leftOpen = new LeftOpenPorts(partsOf())
    leftOpen.start()
    await vi.waitFor(async () => expect(await ports.read()).toEqual([]))
    await leftOpen.stop()
    expect(open.size).toBe(0)
  })

  it('is left alone where it leads to another machine by now', async () => {
    await ports.add(noted)
    open.set('8468', { client: '192.168.7.3', port: '8468' })
    start('server')
    await vi.waitFor(async () => expect(await ports.read()).toEqual([]))
    expect(open.size).toBe(1)
  })

  it('remains noted while its router does not answer, or is that of another network', async () => {
    const elsewhere = { ...noted, lanIp: '10.0.0.9' }
    await ports.add(noted)
    await ports.add(elsewhere)
    let asked = 0
    server.prependListener('request', incoming => {
      asked++
      incoming.socket.destroy()
    })
    const mapper = start('server')
    await vi.waitFor(() => expect(asked).toBe(1))
    await mapper.stop()
    expect(await ports.read()).toEqual([noted, elsewhere])
  })
})

it('the note of open ports holds the last few, and is as good as empty where it is damaged', async () => {
  for (let port = 1; port <= 20; port++) await ports.add({ ...noted, externalPort: port })
  await ports.add({ ...noted, externalPort: 20 })
  expect((await ports.read()).map(({ externalPort }) => externalPort)).toEqual(
    Array.from({ length: 16 }, (_, i) => i + 5),
  )
  for (const damage of ['', '{', '{"ports":[{"lanIp":"nowhere","internalPort":1,"externalPort":1}]}']) {
    await writeFile(join(folder.path, 'open-ports.json'), damage)
    expect(await ports.read()).toEqual([])
  }
})
