import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { Datastore } from 'interface-datastore'
import { isParticular } from '../../shared/particulars.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import { type Milliseconds, minute, second } from '../../shared/units.ts'
import { cachedFor } from '../cached-for.ts'
import type { Clock, StopTimer } from '../clock.ts'
import type { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { Lifecycle, type Startable } from '../lifecycle.ts'
import type { Logger } from '../log.ts'
import { Announcer } from './announcer.ts'
import type { Ask } from './ask.ts'
import { WorkerCache } from './cache.ts'
import { EnvelopeCache } from './envelope-cache.ts'
import { Finder } from './finder.ts'
import { createNeighbourhood } from './neighbourhood.ts'
import { RegistrarService } from './registrar.ts'
import type { Registrars } from './registrars.ts'
import { Registry } from './registry.ts'
import { RegistryStore } from './registry-store.ts'
import type { Sequence } from './sequence.ts'
import { type Answerer, DirectoryServer } from './server.ts'

/** Connections are counted anew at most so often. */
const crowdedForMs = 1 * second
const expiryIntervalMs = 0.5 * minute

export interface DirectoryComponents {
  host: Host
  privateKey: Ed25519PrivateKey
  sequence: Sequence
  /** Corrected by the measured offset, where one is known: records are dated by it. */
  clock: Clock
  log: Logger
  /** What was read and checked of records; several nodes of one process may share it. Default: one of its own. */
  envelopes?: EnvelopeCache
  /** Where the records kept for others outlive a restart; without it they do not. */
  datastore?: Datastore
  /** In a network with a CA: whether a peer has shown a certificate with that role. In an open one all are what they say. */
  hasRole?(peerId: PeerIdText, role: 'donor' | 'coordinator'): boolean
  /** In a network with a CA: the certificates of members, given to and had from others with their records. */
  certificates?: { of(peerId: PeerIdText): string | undefined; learn(certificates: readonly string[]): Promise<void> }
}

export interface DirectoryInit {
  heartbeatIntervalMs: Milliseconds
  /** How long records of this node live. */
  workerTtlMs: Milliseconds
  cacheTtlMs: Milliseconds
  /** Most workers a lookup returns. */
  maxWorkers: number
  /** Most workers this node keeps under one key for others. Default 256. */
  workersPerKey?: number
}

/** Who offers what: this node's record in the network, the records it keeps for others, and those it has found. */
export interface Directory extends Startable {
  readonly announcer: Announcer
  readonly finder: Finder
  readonly cache: WorkerCache
  readonly registry: Registry
  readonly registrars: Registrars
  /** The servers this node knows. */
  readonly contacts: Contacts
  /** Calls `listener` after each record this node has taken in as a registrar, its own included. */
  onAnnounced(listener: () => void): () => void
}

export function createDirectory(components: DirectoryComponents, init: DirectoryInit): Directory {
  const { host, privateKey, sequence, clock } = components
  const log = components.log.child({ component: 'directory' })
  const self = host.peerId.toString()
  const neighbourhood = createNeighbourhood({ host, clock, log })
  const { contacts, registrars } = neighbourhood
  const registry = new Registry(
    {
      hasRole: (peerId, role) => components.hasRole?.(peerId, role) ?? true,
      keeps: key => registrars.keeps(key),
      isCrowded: cachedFor(crowdedForMs, clock, () => host.isCrowded).get,
    },
    {
      networkId: host.networkId,
      ...(init.workersPerKey === undefined ? {} : { maxWorkersPerKey: init.workersPerKey }),
    },
  )
  const { certificates } = components
  const registrar = new RegistrarService({
    registry,
    contacts,
    clock,
    ...(certificates === undefined ? {} : { certificateOf: certificates.of }),
  })
  const ask: Ask = async (peerId, question, options) => {
    if (peerId === self) return registrar.answer({ ...question, id: 0 }, { from: self })
    const answer = await neighbourhood.ask(peerId, question, options)
    if (answer.kind === 'found' && answer.certificates !== undefined) await certificates?.learn(answer.certificates)
    return answer
  }
  const envelopes = components.envelopes ?? new EnvelopeCache({ networkId: host.networkId })
  const { letGo } = neighbourhood
  const announcer = new Announcer({ host, privateKey, registrars, ask, letGo, sequence, clock, log }, init)
  const finder = new Finder({
    registrars,
    ask,
    letGo: peerId => {
      if (!announcer.isHeldBy(peerId)) letGo(peerId)
    },
    envelopes,
    clock,
    log,
  })
  const cache = new WorkerCache(
    {
      find: (service, particulars, options) =>
        finder.findServiceClaims(service, {
          limit: init.maxWorkers,
          ...(isParticular(particulars) ? { filter: particulars } : {}),
          ...options,
        }),
      clock,
      log,
    },
    init,
  )
  const answer: Answerer = (request, asker) => {
    neighbourhood.asked(asker.from)
    return registrar.answer(request, asker)
  }
  const server = new DirectoryServer({ host, answer, clock, log })

  const lifecycle = new Lifecycle()
  if (components.datastore !== undefined)
    lifecycle.add('registry store', new RegistryStore({ registry, datastore: components.datastore, clock, log }))
  lifecycle.add('neighbourhood', neighbourhood)
  lifecycle.add('directory server', whileServing(host, server))
  lifecycle.add('registry expiry', expiry(registry, clock))
  lifecycle.add('announcer', announcer)
  return {
    announcer,
    finder,
    cache,
    registry,
    registrars,
    contacts,
    onAnnounced: listener => registrar.onAnnounced(listener),
    start: () => lifecycle.start(),
    stop: async () => {
      await lifecycle.stop()
      cache.clear()
    },
  }
}

/** Runs the server while this node is one: that may turn out later, or no longer be so. */
function whileServing(host: Host, server: DirectoryServer): Startable {
  let serving = false
  let changing = Promise.resolve()
  let unsubscribe: (() => void) | undefined
  const turn = (wanted: boolean) => {
    changing = changing.then(async () => {
      if (serving === wanted) return
      serving = wanted
      await (wanted ? server.start() : server.stop())
    })
    return changing
  }
  return {
    start() {
      unsubscribe = host.mode.subscribe(mode => void turn(mode === 'server'))
      return turn(host.isServer)
    },
    stop() {
      unsubscribe?.()
      return turn(false)
    },
  }
}

function expiry(registry: Registry, clock: Clock): Startable {
  let stopTimer: StopTimer | undefined
  return {
    start: () => {
      stopTimer = clock.every(expiryIntervalMs, () => registry.expire(clock.now()))
    },
    stop: () => stopTimer?.(),
  }
}
