import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { MemoryDatastore } from 'datastore-core'
import type { Datastore } from 'interface-datastore'
import { pino } from 'pino'
import { z } from 'zod'
import type { Clock } from '../../../src/main/clock.ts'
import { NodeDatastore } from '../../../src/main/config/datastore.ts'
import { loadIdentity } from '../../../src/main/config/identity.ts'
import { AddressBook } from '../../../src/main/dht/address-book.ts'
import { Bootstrap } from '../../../src/main/dht/bootstrap.ts'
import { Greeter } from '../../../src/main/dht/hello.ts'
import { createHost, type Host } from '../../../src/main/dht/host.ts'
import { networkId } from '../../../src/main/dht/network.ts'
import { configuredSeeds, knownPeers, namedPeers } from '../../../src/main/dht/seed-source.ts'
import type { RecordDraft } from '../../../src/main/directory/announce-plan.ts'
import { createDirectory, type Directory } from '../../../src/main/directory/directory.ts'
import { type Position, peerPosition } from '../../../src/main/directory/keys.ts'
import { Sequence, type SequenceStore } from '../../../src/main/directory/sequence.ts'
import { SequenceFile } from '../../../src/main/directory/sequence-file.ts'
import { Lifecycle, type Startable } from '../../../src/main/lifecycle.ts'
import { minute, second } from '../../../src/shared/units.ts'

export const memberInitSchema = z.object({
  /** IP address to listen on. */
  listen: z.string(),
  seeds: z.array(z.string()).default([]),
  /** Where its identity, address book and records outlive the process; in memory by default. */
  folder: z.string().optional(),
  /** In which half of the key space its id lies: the first bit of its place. Either by default; only without a folder. */
  half: z.number().int().min(0).max(1).optional(),
  mode: z.enum(['server', 'client']).default('server'),
  /** What others may take of it: as of a donor on the internet, or all that tests on one loopback address need. */
  limits: z.enum(['donor', 'relaxed']).default('relaxed'),
  workerTtlMs: z.number().default(5 * minute),
  heartbeatIntervalMs: z.number().default(30 * second),
  connectionCheckIntervalMs: z.number().optional(),
})
export type MemberInit = z.input<typeof memberInitSchema>

/** The network part of a node. */
export interface Member extends Startable {
  readonly host: Host
  readonly greeter: Greeter
  readonly bootstrap: Bootstrap
  readonly directory: Directory
  /** What it signs with. */
  readonly privateKey: Ed25519PrivateKey
}

const log = pino({ level: process.env.TEST_LOG_LEVEL ?? 'silent' }, pino.destination(2))

/** Composes the parts as a whole node does, on a clock of the test's own. */
export async function createMember(options: MemberInit, clock: Clock): Promise<Member> {
  const init = memberInitSchema.parse(options)
  const lifecycle = new Lifecycle()
  const kept = init.folder === undefined ? await inMemory(init.half) : await onDisk(init.folder, lifecycle)
  const { privateKey, datastore } = kept
  const id = networkId('swarm')
  const host = await createHost(
    { privateKey, log },
    {
      networkId: id,
      port: { port: 0, explicit: true },
      listen: [init.listen],
      mdns: false,
      relaxedLimits: init.limits === 'relaxed',
      mode: init.mode,
      ...(init.connectionCheckIntervalMs === undefined
        ? {}
        : { connectionCheckIntervalMs: init.connectionCheckIntervalMs }),
    },
  )
  const greeter = new Greeter({ host, clock, log })
  const addressBook = new AddressBook({ datastore, clock, log }, { networkId: id })
  const sequence = new Sequence({ store: kept.sequence, clock, log })
  const directory = createDirectory(
    { host, privateKey, sequence, datastore, clock: greeter.clock, log },
    {
      heartbeatIntervalMs: init.heartbeatIntervalMs,
      workerTtlMs: init.workerTtlMs,
      cacheTtlMs: minute,
      maxWorkers: 50,
    },
  )
  const sources = [knownPeers(addressBook), configuredSeeds(init.seeds), namedPeers(directory.contacts)]
  const bootstrap = new Bootstrap({ host, addressBook, sources, clock, log })
  lifecycle.add('address book', addressBook)
  lifecycle.add('host', host)
  lifecycle.add('hello', greeter)
  lifecycle.add('directory', directory)
  lifecycle.add('bootstrap', bootstrap)
  return {
    host,
    greeter,
    bootstrap,
    directory,
    privateKey,
    start: () => lifecycle.start(),
    stop: () => lifecycle.stop(),
  }
}

interface Kept {
  privateKey: Ed25519PrivateKey
  datastore: Datastore
  sequence: SequenceStore
}

async function inMemory(half: number | undefined): Promise<Kept> {
  let reserved = 0
  const sequence = {
    load: async () => reserved,
    save: async (value: number) => {
      reserved = value
    },
  }
  return { privateKey: await keyInHalf(half), datastore: new MemoryDatastore(), sequence }
}

async function keyInHalf(half: number | undefined): Promise<Ed25519PrivateKey> {
  for (;;) {
    const key = await generateKeyPair('Ed25519')
    if (half === undefined || halfOf(peerPosition(key.publicKey.toString())) === half) return key
  }
}

/** The first bit of a place in the key space. */
export function halfOf(position: Position): number {
  return Number(position[0]) >> 7
}

async function onDisk(folder: string, lifecycle: Lifecycle): Promise<Kept> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const datastore = lifecycle.add('datastore', new NodeDatastore(folder)).store
  return {
    privateKey: await loadIdentity(folder),
    datastore,
    sequence: new SequenceFile(join(folder, 'sequence')),
  }
}

/** What a member that offers `service` announces. */
export function draftOf(service: string, change: Partial<RecordDraft> = {}): RecordDraft {
  return {
    services: [service],
    capabilities: { workerType: 'headless', cpuThreads: 4, memoryMiB: 8_192, gpus: [] },
    load: 0,
    queue: { running: 0, waiting: 0, slots: 2, bound: 8 },
    state: 'donating',
    ...change,
  }
}
