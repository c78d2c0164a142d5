import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { MemoryDatastore } from 'datastore-core'
import type { Datastore } from 'interface-datastore'
import { pino } from 'pino'
import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import { type Clock, systemClock } from '../clock.ts'
import { AddressBook } from '../dht/address-book.ts'
import { Bootstrap } from '../dht/bootstrap.ts'
import { ClosestPeers } from '../dht/closest.ts'
import { Contacts } from '../dht/contacts.ts'
import { createHost, type Host, type HostInit } from '../dht/host.ts'
import { networkId } from '../dht/network.ts'
import { configuredSeeds, knownPeers, namedPeers } from '../dht/seed-source.ts'
import { Lifecycle, type Startable } from '../lifecycle.ts'
import type { RecordDraft } from './announce-plan.ts'
import { createDirectory, type Directory, type DirectoryComponents, type DirectoryInit } from './directory.ts'
import { Registrars } from './registrars.ts'
import { Sequence, type SequenceStore } from './sequence.ts'

const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' })

/** The network part of a node, on a free port of 127.0.0.1. */
export interface TestNode extends Startable {
  readonly host: Host
  readonly bootstrap: Bootstrap
  readonly directory: Directory
  /** Multiaddrs with the peer id, for others to join by. */
  seeds(): string[]
}

export interface TestNodeInit extends Partial<DirectoryInit> {
  network?: string
  seeds?: string[]
  datastore?: Datastore
  /** What records are dated by. Default: the system's. */
  clock?: Clock
  /** As in a network with a CA. Default: an open network. */
  membership?: Pick<DirectoryComponents, 'hasRole' | 'certificates'>
  port?: number
  mode?: 'server' | 'client'
  /** How often open connections are checked. Default: as in a real node. */
  connectionCheckIntervalMs?: Milliseconds
}

/** Makes a host on 127.0.0.1 that is not started yet: no mDNS, and none of the limits that a swarm on one address hits. */
export async function createTestHost(
  init: Pick<TestNodeInit, 'network' | 'port' | 'mode' | 'connectionCheckIntervalMs'> & {
    privateKey?: Ed25519PrivateKey
  } & Pick<Partial<HostInit>, 'listen' | 'coordinator' | 'relay'> = {},
): Promise<Host> {
  const privateKey = init.privateKey ?? (await generateKeyPair('Ed25519'))
  return createHost(
    { privateKey, log },
    {
      networkId: networkId(init.network ?? 'test'),
      port: { port: init.port ?? 0, explicit: true },
      listen: init.listen ?? ['127.0.0.1'],
      mdns: false,
      ...(init.coordinator === undefined ? {} : { coordinator: init.coordinator }),
      ...(init.relay === undefined ? {} : { relay: init.relay }),
      relaxedLimits: true,
      mode: init.mode ?? 'server',
      ...(init.connectionCheckIntervalMs === undefined
        ? {}
        : { connectionCheckIntervalMs: init.connectionCheckIntervalMs }),
    },
  )
}

/** Makes a node that is not started yet, as the composition root would, but without mDNS and with loopback limits. */
export async function createTestNode(init: TestNodeInit = {}): Promise<TestNode> {
  const clock = systemClock
  const privateKey = await generateKeyPair('Ed25519')
  const id = networkId(init.network ?? 'test')
  const host = await createTestHost({ ...init, privateKey })
  const addressBook = new AddressBook(
    { datastore: init.datastore ?? new MemoryDatastore(), clock, log },
    { networkId: id },
  )
  const sequence = new Sequence({ store: memoryStore(), clock, log })
  const directory = createDirectory(
    {
      host,
      privateKey,
      sequence,
      clock: init.clock ?? clock,
      log,
      ...init.membership,
    },
    { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute, cacheTtlMs: minute, maxWorkers: 50, ...init },
  )
  const sources = [knownPeers(addressBook), configuredSeeds(init.seeds ?? []), namedPeers(directory.contacts)]
  const bootstrap = new Bootstrap({ host, addressBook, sources, clock, log })
  const lifecycle = new Lifecycle()
  lifecycle.add('address book', addressBook)
  lifecycle.add('host', host)
  lifecycle.add('directory', directory)
  lifecycle.add('bootstrap', bootstrap)
  return {
    host,
    bootstrap,
    directory,
    seeds: () => host.libp2p.getMultiaddrs().map(String),
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
  }
}

/** Nodes started together: more would fight over the processor of one machine until their dials time out. */
const startedAtOnce = 5

/** Starts `count` nodes that join by the first one, and waits until each has a peer. */
export async function startTestNetwork(count: number, init: TestNodeInit = {}): Promise<TestNode[]> {
  const first = await createTestNode(init)
  await first.start()
  const others = await Promise.all(
    Array.from({ length: count - 1 }, () => createTestNode({ ...init, seeds: first.seeds() })),
  )
  await startAll(others)
  return [first, ...others]
}

/** Starts nodes, a few at a time, and waits until each has a peer. */
export async function startAll(nodes: readonly TestNode[]): Promise<void> {
  for (let first = 0; first < nodes.length; first += startedAtOnce) {
    const batch = nodes.slice(first, first + startedAtOnce)
    await Promise.all(batch.map(node => node.start()))
    await Promise.all(batch.map(joined))
  }
}

/** Resolves once the node has a registrar to talk to besides itself. */
export async function joined(node: TestNode): Promise<void> {
  const { registrars } = node.directory
  while (registrars.others === 0) {
    await new Promise<void>(resolve => {
      const stop = registrars.onChange(() => {
        stop()
        resolve()
      })
    })
  }
}

/** The registrars as a host knows them that asks nobody. */
export function loneRegistrars(host: Host, contacts: Contacts = new Contacts({ host })): Registrars {
  const ask = () => Promise.reject(new RmaError('NOT_FOUND', 'this node asks nobody'))
  return new Registrars({ host, contacts, closest: new ClosestPeers({ contacts, ask, clock: systemClock, log }) })
}

export function ocrDraft(change: Partial<RecordDraft> = {}): RecordDraft {
  return {
    services: ['ocr'],
    capabilities: { workerType: 'headless', cpuThreads: 4, memoryMiB: 8_192, gpus: [] },
    load: 0,
    queue: { running: 0, waiting: 0, slots: 2, bound: 8 },
    state: 'donating',
    ...change,
  }
}

export function memoryStore(): SequenceStore {
  let reserved = 0
  return {
    load: async () => reserved,
    save: async value => {
      reserved = value
    },
  }
}
