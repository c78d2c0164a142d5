import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../../e2e/support/temporary-folder.ts'
import { generateCaKey } from '../../../shared/membership/ca-key.ts'
import type { VpnLease } from '../../../shared/membership/vpn-lease.ts'
import type { VpnLoss } from '../../../shared/schema/vpn.ts'
import { hour, minute, second } from '../../../shared/units.ts'
import { systemClock } from '../../clock.ts'
import { VpnCa } from '../../coordinator/ca/vpn/vpn-ca.ts'
import { LiveValue } from '../../live-value.ts'
import { lighthouses } from './lighthouses.ts'
import { Vpn } from './vpn.ts'

const networkId = '0123456789abcdef'
const ip = '10.42.1.5'

function pathOf(program: string): string | undefined {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

const nebula = pathOf('nebula')
const setpriv = process.getuid?.() === 0 ? pathOf('setpriv') : undefined
if (nebula === undefined) console.log('No nebula here: what it says itself is not tested.')

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let vpn: Vpn
let listened: string[]
let lease: LiveValue<VpnLease | undefined>
let loss: VpnLoss | undefined
let program: string | undefined
let certified: VpnLease
let privateKeyPem: string
let want: () => Promise<void>

beforeEach(async () => {
  folder = await temporaryFolder()
  listened = []
  loss = undefined
  want = async () => lease.set(certified)
  const { privateKey, publicKey } = generateKeyPairSync('x25519')
  const raw = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url').toString('base64')
  privateKeyPem = `-----BEGIN NEBULA X25519 PRIVATE KEY-----\n${raw}\n-----END NEBULA X25519 PRIVATE KEY-----\n`
  const ca = new VpnCa(networkId, await generateCaKey())
  const key = publicKey.export({ format: 'jwk' }).x ?? ''
  const [issuedAt, expiresAt] = [Date.now() - minute, Date.now() + hour]
  const { pem } = ca.sign({ ip, key, roles: ['donor'], issuedAt, expiresAt })
  const authority = ca.certificate.pem
  certified = { net: networkId, peer: '', ip, key, authority, certificate: pem, issuedAt, expiresAt, lighthouses: [] }
  lease = new LiveValue<VpnLease | undefined>(undefined)
  const log = pino({ level: 'silent' })
  vpn = new Vpn(
    {
      leases: {
        lease,
        get loss() {
          return loss
        },
        revoked: { get: () => ({}), subscribe: () => () => undefined },
        privateKeyPem,
        want: () => want(),
        unwant: () => lease.set(undefined),
      },
      enabled: { get: () => true, subscribe: () => () => undefined },
      host: {
        port: 8468,
        listenAlso: async ip => void listened.push(ip),
        listenNoMore: async ip => void listened.splice(listened.indexOf(ip) >>> 0, 1),
      },
      findProgram: async () => program,
      clock: systemClock,
      log,
    },
    { dataFolder: folder.path, lighthouse: false, device: 'rma-test' },
  )
})

afterEach(async () => {
  await vpn.stop()
  await folder.remove()
})

const isNow = (state: object) => vi.waitFor(() => expect(vpn.state.get()).toMatchObject(state), 10 * second)

/** A program in nebula's place: `-test` and the run itself are what it is told. */
async function standIn(lines: string[]): Promise<string> {
  const path = join(folder.path, 'stand-in')
  await writeFile(path, ['#!/bin/sh', ...lines, ''].join('\n'))
  await chmod(path, 0o700)
  return path
}

const active = `echo '{"level":"info","msg":"Nebula interface is active"}'`

describe('a node that is to be in the VPN', () => {
  it('says how to get Nebula where there is none', async () => {
    program = undefined
    vpn.start()
    await isNow({ kind: 'unavailable', reason: 'not-installed', todo: expect.stringMatching(/install|download/) })
  })

  it('says what Nebula has against its configuration, and starts nothing', async () => {
    program = await standIn(['[ "$1" = -test ] && { echo "it wants a moon" >&2; exit 1; }', `touch "$0.ran"`, active])
    vpn.start()
    await isNow({
      kind: 'unavailable',
      reason: 'config-refused',
      why: 'nebula refuses its configuration: it wants a moon',
      todo: expect.stringContaining('install a release'),
    })
    expect(execFileSync('ls', [folder.path]).toString()).not.toContain('stand-in.ran')
  })

  it.skipIf(nebula === undefined)('is told by Nebula itself that a certificate is none', async () => {
    program = nebula
    certified = { ...certified, authority: certified.authority.replace(/\n[^\n]{60}/, '\nAAAA') }
    vpn.start()
    await isNow({ kind: 'unavailable', reason: 'config-refused', why: expect.stringMatching(/config.*\w/) })
  })

  it.skipIf(nebula === undefined || setpriv === undefined)(
    'says how to let Nebula have a network card where the system does not',
    async () => {
      program = await standIn([`exec ${setpriv} --bounding-set=-net_admin --inh-caps=-net_admin ${nebula} "$@"`])
      vpn.start()
      const todo = process.platform === 'linux' ? 'setcap cap_net_admin' : 'administrator'
      await isNow({ kind: 'unavailable', reason: 'no-privilege', todo: expect.stringContaining(todo) })
    },
  )

  it.each(['expired', 'blocked'] as const)('leaves it, and says so, when its certificate is %s', async how => {
    program = await standIn(['[ "$1" = -test ] && exit 0', active, 'exec sleep 60'])
    vpn.start()
    await isNow({ kind: 'ready', ip })
    expect([vpn.ip, listened]).toEqual([ip, [ip]])
    loss = how
    lease.set(undefined)
    await isNow({ kind: 'waiting', lost: how })
    expect([vpn.ip, listened]).toEqual([undefined, []])
    // A new one leads back.
    lease.set(certified)
    await isNow({ kind: 'ready', ip })
  })

  it('tries again by itself where what it needs for it could not be had', async () => {
    program = await standIn(['[ "$1" = -test ] && exit 0', active, 'exec sleep 60'])
    const { promise: asked, resolve } = Promise.withResolvers<void>()
    const wants = want
    want = async () => {
      want = wants
      resolve()
      throw new Error('the disk is full')
    }
    vpn.start()
    await asked
    await isNow({ kind: 'backing-off', why: 'the disk is full', until: expect.any(Number) })
    await isNow({ kind: 'ready', ip })
  })

  it('tries again by itself when Nebula ends', async () => {
    program = await standIn(['[ "$1" = -test ] && exit 0', active, 'sleep 0.1', 'echo it broke >&2', 'exit 3'])
    vpn.start()
    await isNow({ kind: 'backing-off', why: 'exit code 3: it broke', until: expect.any(Number) })
    await isNow({ kind: 'ready', ip })
  })
})

it('has a lease name each coordinator in the VPN as lighthouse, at the addresses that others have for it', () => {
  const first = {
    ip: '10.42.0.9',
    addresses: ['/ip4/11.0.0.1/tcp/8468', '/ip4/11.0.0.1/tcp/9/ws', '/ip6/::1/tcp/8468'],
  }
  const other = { ip: '10.42.0.8', addresses: ['/dns4/c2.example.org/tcp/8468/p2p/x'] }
  const hidden = { ip: '10.42.0.7', addresses: ['/ip4/11.0.0.1/tcp/8468/p2p/x/p2p-circuit/p2p/y'] }
  const outside = { ip: undefined, addresses: other.addresses }
  expect(lighthouses([first, other, hidden, outside])).toEqual([
    { ip: '10.42.0.9', endpoints: ['11.0.0.1:4242'] },
    { ip: '10.42.0.8', endpoints: ['c2.example.org:4242'] },
  ])
  const many = Array.from({ length: 20 }, (_, index) => ({ ...first, ip: `10.42.2.${index + 1}` }))
  expect(lighthouses(many)).toHaveLength(8)
})
