import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { beforeEach, describe, expect, it } from 'vitest'
import { second } from '../../shared/units.ts'
import { type Contact, Contacts, contactAt } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { serviceKey } from './keys.ts'
import { Registrars } from './registrars.ts'
import { createTestHost } from './test-network.ts'

const key = serviceKey('ocr')

let host: Host
let contacts: Contacts
/** Who the DHT says is closest to any key. */
let closest: Contact[]
let full: number
let registrars: Registrars

async function contact(address = '/ip4/192.0.2.1/tcp/1'): Promise<Contact> {
  const { publicKey } = await generateKeyPair('Ed25519')
  return contactAt(publicKey.toString(), multiaddr(address), [address], false)
}

const refresh = (of = key) => registrars.refresh(of, 8, AbortSignal.timeout(second))
const namesOf = (of = key) => registrars.of(of).map(({ peerId }) => peerId)

beforeEach(async () => {
  host = await createTestHost({ mode: 'client' })
  contacts = new Contacts({ host })
  closest = [await contact()]
  full = 0
  registrars = new Registrars({
    host,
    contacts,
    closest: { find: async () => ({ closest, certain: true, full }) },
  })
})

describe('the registrars of a key', () => {
  it('are those the DHT has named, until they are forgotten', async () => {
    expect(namesOf()).toEqual([])
    expect(await refresh()).toBe(true)
    expect(namesOf()).toEqual(closest.map(({ peerId }) => peerId))
    for (const { peerId } of closest) registrars.forget(peerId)
    expect(namesOf()).toEqual([])
  })

  it('are counted where they have no room for a connection', async () => {
    full = 3
    await refresh()
    expect(registrars.full(key)).toBe(3)
    expect(registrars.full(serviceKey('chat'))).toBe(0)
    full = 0
    await refresh()
    expect(registrars.full(key)).toBe(0)
  })

  it('have this node among them while it is a server', async () => {
    const self = host.peerId.toString()
    expect(namesOf()).toEqual([])
    await host.start()
    await host.setMode('server')
    expect(namesOf()).toEqual([self])
    await host.setMode('client')
    expect(namesOf()).toEqual([])
    await host.stop()
  })

  it('are remembered for the last 256 keys that were looked up', async () => {
    await refresh()
    for (let service = 0; service < 255; service++) await refresh(serviceKey(`service-${service}`))
    expect(namesOf()).toHaveLength(1)
    await refresh(serviceKey('service-255'))
    // A peer lost makes it think again.
    const [lost] = [await contact()]
    contacts.hear([lost])
    contacts.forget(lost.peerId)
    expect(namesOf()).toEqual([])
    expect(namesOf(serviceKey('service-255'))).toHaveLength(1)
  })

  it('are sorted once while nothing changes, for up to 256 keys at a time', () => {
    const first = registrars.of(key)
    for (let service = 0; service < 255; service++) registrars.of(serviceKey(`service-${service}`))
    expect(registrars.of(key)).toBe(first)
    registrars.of(serviceKey('service-255'))
    expect(registrars.of(key)).not.toBe(first)
  })
})
