import fc from 'fast-check'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { hour, minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { LiveValue } from '../live-value.ts'
import { gatewayOf } from './find-routers.ts'
import { lanIpsOf } from './lan-ips.ts'
import { natPmpRequest, readNatPmpAnswer } from './nat-pmp.ts'
import { PortMapper } from './port-mapper.ts'
import { type Mapping, type Router, RouterRefused } from './router.ts'
import { readSearchAnswer } from './ssdp.ts'
import { readDescription } from './upnp.ts'

const wanted = { internalPort: 8_468, externalPort: 8_468, lifetimeMs: hour }

describe('NAT-PMP', () => {
  it('asks as RFC 6886 has it', () => {
    expect(natPmpRequest(0, wanted).toString('hex')).toBe('0000')
    expect(natPmpRequest(2, wanted).toString('hex')).toBe('000200002114211400000e10')
  })

  it.each([
    ['an address', 0, '00800000000000050b010001', { ip: '11.1.0.1' }],
    ['another port than was asked for', 2, '0082000000000005211449d500000e10', { port: 18_901 }],
    ['nothing, where it answers something else', 2, '00800000000000050b010001', undefined],
    ['nothing, where it is cut off', 2, '00820000000000052114', undefined],
  ] as const)('reads %s', (_, operation, hex, answer) => {
    expect(readNatPmpAnswer(operation, Buffer.from(hex, 'hex'))).toEqual(answer)
  })

  it('hears a refusal, and survives anything', () => {
    expect(() => readNatPmpAnswer(2, Buffer.from('0082000200000005', 'hex'))).toThrow('switched port forwarding off')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 20 }), bytes => {
        try {
          readNatPmpAnswer(2, Buffer.from(bytes))
        } catch (error) {
          expect(error).toBeInstanceOf(RouterRefused)
        }
      }),
    )
  })
})

describe('a router that describes itself', () => {
  const answer = (location: string, type = 'InternetGatewayDevice:1') =>
    ['HTTP/1.1 200 OK', `ST: urn:schemas-upnp-org:device:${type}`, `LOCATION: ${location}`, '', ''].join('\r\n')

  it('is believed about itself alone, whoever answers', () => {
    const from = '192.168.7.1'
    expect(readSearchAnswer(answer('http://192.168.7.1:5000/root.xml'), from)?.port).toBe('5000')
    for (const text of [
      answer('http://192.168.7.9:5000/root.xml'),
      answer('http://127.0.0.1:8470/'),
      answer('file:///etc/passwd'),
      answer('http://192.168.7.1:5000/root.xml', 'MediaServer:1'),
      answer('http://192.168.7.1/').replace('200 OK', '404 Not Found'),
    ])
      expect(readSearchAnswer(text, from)).toBeUndefined()
    fc.assert(fc.property(fc.string(), text => readSearchAnswer(text, from) === undefined))
  })

  const service = (type: string, control: string) =>
    `<service><serviceType>urn:schemas-upnp-org:service:${type}</serviceType><controlURL>${control}</controlURL></service>`
  const location = new URL('http://192.168.7.1:5000/root.xml')

  it.each(['WANIPConnection:1', 'WANIPConnection:2', 'WANPPPConnection:1'])('is controlled through %s', type => {
    const xml = `<root>${service('Layer3Forwarding:1', '/a')}${service(type, '/ctl/IPConn')}</root>`
    const point = readDescription(xml, location)
    expect([point?.service, point?.url.href]).toEqual([
      `urn:schemas-upnp-org:service:${type}`,
      'http://192.168.7.1:5000/ctl/IPConn',
    ])
  })

  it('is not controlled anywhere else', () => {
    expect(readDescription(service('WANIPConnection:1', 'http://10.0.0.1/ctl'), location)).toBeUndefined()
    expect(readDescription(service('WANIPConnection:9', '/ctl'), location)).toBeUndefined()
    fc.assert(fc.property(fc.string(), text => void readDescription(`<service>${text}</service>`, location)))
  })
})

it('asks the router that packets leave by', () => {
  const table = 'Iface\tDestination\tGateway\neth0\t00000000\t0107A8C0\t0003\neth0\t0007A8C0\t00000000\t0001\n'
  expect(gatewayOf('192.168.7.2', table)).toBe('192.168.7.1')
  expect(gatewayOf('10.1.2.3', table)).toBe('10.1.2.1')
})

it('asks for addresses of a LAN alone, not for those of the VPN', () => {
  expect(lanIpsOf(['127.0.0.1', '192.168.7.2', 'fe80::1', '8.8.8.8', '10.42.3.4', '169.254.1.1'])).toEqual([
    '192.168.7.2',
  ])
})

describe('a node that asks its router for a port', () => {
  const mode = new LiveValue<'server' | 'client'>('server')
  const outside = '11.1.0.1'
  let clock: TurnedClock
  let mapper: PortMapper
  let announced: Mapping[]
  let routers: Router[]
  let looks: number

  /** One that does as it is told, and says what it was told. */
  function router(over: Partial<Router> = {}) {
    const open = vi.fn(async () => 8_468)
    const close = vi.fn(async () => undefined)
    routers = [{ protocol: 'upnp', lanIp: '192.168.7.2', externalIp: async () => outside, open, close, ...over }]
    return { open, close }
  }

  const isNow = (state: object) => vi.waitFor(() => expect(mapper.state.get()).toMatchObject(state))

  beforeEach(() => {
    clock = new TurnedClock()
    announced = []
    routers = []
    looks = 0
    mode.set('server')
    mapper = new PortMapper({
      host: {
        mode,
        port: 8_468,
        listenIps: () => ['127.0.0.1', '192.168.7.2'],
        addMapping: mapping => announced.push(mapping),
        removeMapping: mapping => announced.splice(announced.indexOf(mapping), 1),
        isProven: () => true,
        proveAgain: () => undefined,
      },
      permanent: { read: async () => [], add: async () => undefined, remove: async () => undefined },
      async *findRouters() {
        looks++
        yield* routers
      },
      clock,
      log: pino({ level: 'silent' }),
    })
    mapper.start()
  })
  afterEach(() => mapper.stop())

  it('looks for none while others reach it', async () => {
    clock.turn(2 * hour)
    await mapper.stop()
    expect(looks).toBe(0)
  })

  it('keeps the port while it runs, and gives it back', async () => {
    const { open, close } = router()
    mode.set('client')
    await isNow({ kind: 'mapped', externalIp: outside, externalPort: 8_468 })
    expect(announced).toMatchObject([{ internalIp: '192.168.7.2', internalPort: 8_468, externalIp: outside }])
    // Reached through it, it is still needed.
    mode.set('server')
    clock.turn(31 * minute)
    await vi.waitFor(() => expect(open).toHaveBeenCalledTimes(2))
    await mapper.stop()
    expect(close).toHaveBeenCalledTimes(1)
    expect(announced).toEqual([])
  })

  it('announces the address that the router has after it was given another', async () => {
    let address = outside
    router({ externalIp: async () => address })
    mode.set('client')
    await isNow({ kind: 'mapped' })
    address = '11.9.0.1'
    clock.turn(31 * minute)
    await isNow({ kind: 'mapped', externalIp: '11.9.0.1' })
    expect(announced.map(({ externalIp }) => externalIp)).toEqual(['11.9.0.1'])
  })

  it('announces nothing of a router that forgot it, and asks again a quarter of an hour later', async () => {
    const { open } = router()
    mode.set('client')
    await isNow({ kind: 'mapped' })
    routers = []
    open.mockRejectedValueOnce(new Error('connect ECONNREFUSED'))
    clock.turn(31 * minute)
    await isNow({ kind: 'no-router' })
    expect(announced).toEqual([])
    router()
    clock.turn(16 * minute)
    await isNow({ kind: 'mapped' })
  })

  it.each([
    ['refuses', { open: () => Promise.reject(new RouterRefused('no')) }, { kind: 'refused', why: 'no' }],
    [
      'stands behind another',
      { externalIp: async () => '100.64.1.2' },
      { kind: 'double-nat', externalIp: '100.64.1.2' },
    ],
    ['has no address', { externalIp: async () => '' }, { kind: 'double-nat', externalIp: '' }],
    ['stops answering', { open: () => Promise.reject(new Error('hung up')) }, { kind: 'refused' }],
  ])('says so where the router %s', async (_, over, state) => {
    router(over)
    mode.set('client')
    await isNow(state)
    expect(announced).toEqual([])
  })

  it(
    'stops while it waits for a router',
    async () => {
      router({
        externalIp: signal => new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason))),
      })
      mode.set('client')
      await vi.waitFor(() => expect(looks).toBe(1))
      await mapper.stop()
      expect(mapper.state.get().kind).toBe('not-needed')
    },
    5 * second,
  )
})
