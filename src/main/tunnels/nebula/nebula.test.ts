import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { nebulaPaths } from './find-nebula.ts'
import { nebulaConfig } from './nebula-config.ts'
import { readNebulaLine } from './nebula-log.ts'
import { backOffMs } from './vpn.ts'

const line = (level: string, msg: string, error?: string) => JSON.stringify({ level, msg, error, time: 'now' })

describe('a line of Nebula’s log', () => {
  it.each([
    ['its interface is up', line('info', 'Nebula interface is active'), { kind: 'ready' }],
    [
      'it may have no network card',
      line('error', 'Failed to get a tun/tap device', 'ioctl: operation not permitted'),
      { kind: 'not-permitted', text: 'Failed to get a tun/tap device: ioctl: operation not permitted' },
    ],
    [
      'it failed',
      line('error', 'Failed to open udp listener'),
      { kind: 'failed', text: 'Failed to open udp listener' },
    ],
    ['nothing of note', line('info', 'Handshake message received'), undefined],
    ['nothing, where it is no line of its', 'panic: what', undefined],
  ])('says that %s', (_, text, event) => {
    expect(readNebulaLine(text)).toEqual(event)
  })

  it('may be anything', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), text => void readNebulaLine(text)))
  })
})

describe('looking for Nebula', () => {
  it('takes none from a folder that depends on where the node was started', () => {
    const path = ['.', 'bin', '', '/a'].join(':')
    const paths = nebulaPaths({ dataFolder: '/data', path, platform: 'linux' })
    expect(paths.slice(0, 3)).toEqual(['/data/bin/nebula', '/a/nebula', '/usr/bin/nebula'])
  })

  it('takes none on Windows from a folder that any user may make', () => {
    const path = ['C:\\Windows', '\\usr\\bin', 'bin', 'd:\\tools'].join(';')
    const paths = nebulaPaths({ dataFolder: 'C:\\Users\\ada\\data', path, platform: 'win32' })
    expect(paths).toEqual(['C:\\Users\\ada\\data\\bin\\nebula.exe', 'C:\\Windows\\nebula.exe', 'd:\\tools\\nebula.exe'])
  })
})

const lease = {
  ip: '10.42.1.5',
  authority: 'CA',
  certificate: 'CRT',
  lighthouses: [{ ip: '10.42.0.9', endpoints: ['11.0.0.1:4242'] }],
}
const init = { lease, keyPath: '/data/vpn/nebula.key', peerPort: 8468, lighthouse: false, blocked: ['ab'] }

describe('the configuration of Nebula', () => {
  it('lets others in at the peer-to-peer port and nowhere else', () => {
    expect(nebulaConfig(init)).toMatchObject({
      pki: { key: '/data/vpn/nebula.key', blocklist: ['ab'], disconnect_invalid: true },
      static_host_map: { '10.42.0.9': ['11.0.0.1:4242'] },
      lighthouse: { am_lighthouse: false, hosts: ['10.42.0.9'] },
      firewall: { inbound: [{ port: 8468, proto: 'tcp', host: 'any' }] },
    })
  })

  it('gives a lighthouse no network card, which needs no privilege, and lets nobody in', () => {
    expect(nebulaConfig({ ...init, lighthouse: true })).toMatchObject({
      lighthouse: { am_lighthouse: true, hosts: [] },
      listen: { port: 4242 },
      tun: { disabled: true },
      firewall: { inbound: [] },
    })
  })
})

it('waits from a second to five minutes before it tries again', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1_000 }), fc.double({ min: 0, max: 1, noNaN: true }), (failures, random) => {
      const delay = backOffMs(failures, random)
      expect(delay).toBeGreaterThanOrEqual(1_000)
      expect(delay).toBeLessThanOrEqual(300_000)
    }),
  )
})
