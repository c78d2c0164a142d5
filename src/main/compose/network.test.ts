import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { type CaKey, generateCaKey } from '../../shared/membership/ca-key.ts'
import { type CertificateRequest, issueCertificate } from '../../shared/membership/certificate.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import { sealSeed } from '../../shared/membership/seed-envelope.ts'
import { bootstrapAnswer, type Seed } from '../../shared/schema/seeds.ts'
import { defaultSettings } from '../../shared/schema/settings.ts'
import { day, hour } from '../../shared/units.ts'
import { systemClock } from '../clock.ts'
import { NodeDatastore } from '../config/datastore.ts'
import { loadConfig } from '../config/node-config.ts'
import { Lifecycle } from '../lifecycle.ts'
import { createLog, LogBuffer } from '../log.ts'
import { composeNetwork, type Network } from './network.ts'

const log = createLog({ level: 'error', buffer: new LogBuffer() })
const name = 'charity'
let folder: Awaited<ReturnType<typeof temporaryFolder>>
let ca: CaKey
let key: Ed25519PrivateKey
let server: Server
let handedOut: Seed[]
let asked: number

beforeEach(async () => {
  folder = await temporaryFolder()
  ca = await generateCaKey()
  key = await generateKeyPair('Ed25519')
  handedOut = []
  asked = 0
  server = createServer((_request, response) => {
    asked++
    response.setHeader('content-type', 'application/json').end(JSON.stringify(bootstrapAnswer(handedOut, Date.now())))
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
})

afterEach(async () => {
  server.closeAllConnections()
  await new Promise(resolve => server.close(resolve))
  await folder.remove()
})

interface SeedChange {
  certificate?: Partial<CertificateRequest> | 'none'
  signedBy?: CaKey
  now?: number
}

/** A seed of a coordinator that nobody can reach. */
async function makeSeed({ certificate = {}, signedBy = ca, now = Date.now() }: SeedChange = {}): Promise<Seed> {
  const key = await generateKeyPair('Ed25519')
  const peerId = key.publicKey.toString()
  const network = networkId(name, ca.publicKey)
  const base: CertificateRequest = {
    peerId,
    networkId: network,
    roles: ['coordinator'],
    issuedAt: now,
    lifeMs: 7 * day,
  }
  const claims = {
    tunnel_url: null,
    dht_port: 8_468,
    location: null,
    multiaddrs: [`/ip4/127.0.0.1/tcp/9/p2p/${peerId}`],
  }
  const shown =
    certificate === 'none' ? {} : { certificate: await issueCertificate({ ...base, ...certificate }, signedBy) }
  return sealSeed({ claims, networkId: network, now, ...shown }, { peerId, sign: content => key.sign(content) })
}

/** Has a node of the network look for others at the server, until `done` says so. */
async function whileItJoins(done: (network: Network) => Promise<void> | void): Promise<void> {
  const lifecycle = new Lifecycle()
  const { port } = server.address() as AddressInfo
  const config = await loadConfig({
    env: { EDGE_ROUTER_URL: `http://127.0.0.1:${port}` },
    flags: { dataFolder: folder.path, dhtPort: 0 },
  })
  const settings = { ...defaultSettings.network, name, caPublicKey: ca.publicKey, mdns: false, listen: ['127.0.0.1'] }
  const datastore = lifecycle.add('datastore', new NodeDatastore(folder.path))
  const components = { privateKey: key, datastore, clock: systemClock, lifecycle, log }
  const network = await composeNetwork(components, { config, settings, coordinator: false })
  network.open()
  await lifecycle.start()
  try {
    await done(network)
  } finally {
    await lifecycle.stop()
  }
}

const seedsOf = (network: Network) => network.seeds.seeds().map(({ seed }) => seed)

it('takes seeds from those only that its network’s CA has certified as coordinators', async () => {
  const good = await makeSeed()
  handedOut = [
    await makeSeed({ certificate: 'none' }),
    await makeSeed({ signedBy: await generateCaKey() }),
    await makeSeed({ certificate: { roles: ['donor'] } }),
    await makeSeed({ certificate: { issuedAt: Date.now() - 8 * day } }),
    await makeSeed({ certificate: { networkId: 'f'.repeat(16) } }),
    await makeSeed({ now: Date.now() - 48 * hour }),
    good,
  ]
  await whileItJoins(async network => {
    await vi.waitFor(() => expect(seedsOf(network)).toEqual([good]))
  })
})

it('uses the seeds it keeps, over a restart, where what is handed out later is forged', async () => {
  const good = await makeSeed()
  handedOut = [good]
  await whileItJoins(async network => {
    await vi.waitFor(() => expect(seedsOf(network)).toEqual([good]))
  })
  handedOut = [await makeSeed({ signedBy: await generateCaKey() })]
  await whileItJoins(async network => {
    await vi.waitFor(() => {
      const tried = network.join.get().tried.map(({ source, offered }) => [source, offered])
      expect(tried).toContainEqual(['kept seeds', 1])
    })
    expect(seedsOf(network)).toEqual([good])
  })
  // Asked once: what it keeps holds for a day, and the edge router is left alone meanwhile.
  expect(asked).toBe(1)
})
