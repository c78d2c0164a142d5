import { join } from 'node:path'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import type { CoordinatorView } from '../../shared/schema/coordinators.ts'
import { platformServices } from '../../shared/schema/primitives.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import type { Clock } from '../clock.ts'
import type { NodeDatastore } from '../config/datastore.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { CoordinatorLink } from '../coordinator/client/coordinator-link.ts'
import { HttpAnnouncer } from '../coordinator/client/http-announcer.ts'
import type { AddressBook } from '../dht/address-book.ts'
import { Bootstrap } from '../dht/bootstrap.ts'
import { CoordinatorIndex } from '../dht/coordinator-index.ts'
import type { EdgeAllowance } from '../dht/edge-allowance.ts'
import type { Host } from '../dht/host.ts'
import type { JoinState } from '../dht/join-state.ts'
import { NetworkView } from '../dht/network-view.ts'
import type { SeedCache } from '../dht/seed-cache.ts'
import type { SeedFetcher } from '../dht/seed-fetcher.ts'
import { configuredSeeds, coordinatorSeeds, edgeSeeds, keptSeeds, knownPeers, namedPeers } from '../dht/seed-source.ts'
import type { RecordDraft } from '../directory/announce-plan.ts'
import { createDirectory, type Directory } from '../directory/directory.ts'
import { coordinatorsKey, peerPosition } from '../directory/keys.ts'
import { Sequence } from '../directory/sequence.ts'
import { SequenceFile } from '../directory/sequence-file.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { KnownMembers } from '../membership/known-members.ts'
import type { WorkerSource } from '../routing/worker-source.ts'

/** What both ways of taking part are made of. */
export interface DiscoveryComponents {
  host: Host
  privateKey: Ed25519PrivateKey
  datastore: NodeDatastore
  addressBook: AddressBook
  fetcher: SeedFetcher
  seeds: SeedCache
  edge: EdgeAllowance
  /** In a network with a CA. */
  members?: KnownMembers
  /** This machine's own clock. */
  clock: Clock
  /** Corrected by what the others' clocks say. */
  networkClock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface DiscoveryInit {
  config: NodeConfig
  settings: Settings['network']
  coordinator: boolean
}

/** How a node finds others and is found: through the DHT and the directory, or through one coordinator. */
export interface Discovery {
  readonly announcer: { update(draft: RecordDraft): void; leave(): Promise<void>; readonly heldBy: number }
  readonly workers: WorkerSource
  /** Workers that are known without asking anybody. */
  cachedWorkers(): number
  readonly join: LiveValue<JoinState>
  readonly view: NetworkView
  /** Coordinators that are known, best first; those at `location` before all others. */
  coordinators(location?: string): CoordinatorView[]
  /** Looks for coordinators that are new, as one may be that somebody has just named. */
  lookForCoordinators(): Promise<void>
  readonly knownCoordinators: LiveValue<readonly CoordinatorView[]>
  /** Only where the node takes part in the DHT. */
  readonly directory?: Directory
  /** Adds what asks others and answers them to the lifecycle, once everything that answers here has been added. */
  open(): void
}

/** Takes part in the DHT: finds and is found by everybody. */
export function discoverByDht(parts: DiscoveryComponents, { config, settings, coordinator }: DiscoveryInit): Discovery {
  const { host, privateKey, datastore, addressBook, seeds, edge, members, clock, networkClock, lifecycle, log } = parts
  const store = new SequenceFile(join(config.dataFolder, 'sequence'))
  const directory = createDirectory(
    {
      host,
      privateKey,
      sequence: new Sequence({ store, clock: networkClock, log }),
      datastore: datastore.store,
      clock: networkClock,
      log,
      ...(members === undefined
        ? {}
        : {
            hasRole: (peerId, role) => members.rolesOf(peerId).includes(role),
            certificates: {
              of: peerId => members.certificateOf(peerId)?.token,
              learn: tokens => members.addAll(tokens),
            },
          }),
    },
    config.dht,
  )
  const { bootstrap: bootstrapUrls, edgeRouter } = config.seedUrls
  const coordinators = [...config.seedUrls.coordinators, ...(settings.coordinatorUrls ?? [])]
  const seedParts = { fetcher: parts.fetcher, cache: seeds, allowance: edge, clock }
  const bootstrap = new Bootstrap({
    host,
    addressBook,
    sources: [
      knownPeers(addressBook),
      configuredSeeds(settings.seeds),
      namedPeers(directory.contacts),
      keptSeeds(seeds),
      coordinatorSeeds(seedParts, [...coordinators, ...bootstrapUrls]),
      ...(edgeRouter === undefined ? [] : [edgeSeeds(seedParts, { url: edgeRouter, clock })]),
    ],
    clock,
    log,
  })
  const index = new CoordinatorIndex({
    host,
    find: options => directory.finder.find(coordinatorsKey(), options),
    seeds,
    clock: networkClock,
    log: log.child({ component: 'coordinators' }),
  })
  const view = new NetworkView(
    {
      host,
      findWorkers: (service, options) => directory.finder.findService(service, options),
      findCoordinators: options => directory.finder.find(coordinatorsKey(), options),
      onAnnounced: listener => directory.onAnnounced(listener),
      positionOf: peerPosition,
      clock: networkClock,
      log: log.child({ component: 'network' }),
    },
    // A coordinator's API shows the network to everybody.
    { services: platformServices, attended: coordinator },
  )
  return {
    announcer: directory.announcer,
    workers: directory.cache,
    cachedWorkers: () => directory.cache.statistics.size,
    join: bootstrap.state,
    view,
    coordinators: location => index.nearest(location),
    lookForCoordinators: () => index.lookAgain(),
    knownCoordinators: index.coordinators,
    directory,
    open() {
      lifecycle.add('directory', directory)
      lifecycle.add('network view', view)
      lifecycle.add('bootstrap', bootstrap)
      lifecycle.add('coordinators', index)
    },
  }
}

/** Takes no part in the DHT: registers with a coordinator over HTTP, and is reached and asks through it. */
export function discoverByCoordinator(parts: DiscoveryComponents, { config }: DiscoveryInit): Discovery {
  const { host, privateKey, fetcher, seeds, clock, networkClock, lifecycle, log } = parts
  const link = new CoordinatorLink(
    { host, fetcher, cache: seeds, clock, log: log.child({ component: 'coordinator link' }) },
    { urls: config.seedUrls.coordinators },
  )
  const announcer = new HttpAnnouncer(
    {
      coordinator: link.coordinator,
      signer: { peerId: host.peerId.toString(), sign: content => privateKey.sign(content) },
      clock: networkClock,
      log: log.child({ component: 'registration' }),
    },
    { networkId: host.networkId, heartbeatIntervalMs: config.dht.heartbeatIntervalMs },
  )
  const known = new LiveValue<CoordinatorView[]>([])
  link.coordinator.subscribe(linked => {
    known.set(linked === undefined ? [] : [{ ...linked, connected: true }])
  })
  const view = new NetworkView(
    {
      host,
      findWorkers: async () => [],
      onAnnounced: () => () => undefined,
      positionOf: peerPosition,
      clock: networkClock,
      log: log.child({ component: 'network' }),
    },
    { services: [] },
  )
  return {
    announcer,
    workers: {
      lookup: async () => ({ workers: [], source: 'cache' }),
      remove: () => undefined,
      heard: () => undefined,
    },
    cachedWorkers: () => 0,
    join: link.state,
    view,
    coordinators: () => known.get(),
    lookForCoordinators: async () => undefined,
    knownCoordinators: known,
    open() {
      lifecycle.add('registration', announcer)
      lifecycle.add('network view', view)
      lifecycle.add('coordinator link', link)
    },
  }
}
