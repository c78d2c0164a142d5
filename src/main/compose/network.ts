import type { Ed25519PrivateKey } from '@libp2p/interface'
import { openSeed as openSeedEnvelope } from '../../shared/membership/seed-envelope.ts'
import type { Membership } from '../../shared/schema/membership.ts'
import type { PortMappingState } from '../../shared/schema/port-mapping.ts'
import { defaultSettings, type Settings } from '../../shared/schema/settings.ts'
import type { Milliseconds } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import type { NodeDatastore } from '../config/datastore.ts'
import type { NodeConfig } from '../config/node-config.ts'
import { AddressBook } from '../dht/address-book.ts'
import { EdgeAllowance } from '../dht/edge-allowance.ts'
import { Greeter } from '../dht/hello.ts'
import { createHost, type Host } from '../dht/host.ts'
import { IdentifyAgain } from '../dht/identify-again.ts'
import { networkId } from '../dht/network.ts'
import { Reachability } from '../dht/reachability.ts'
import { RelaySeeker } from '../dht/relay-seeker.ts'
import { SeedCache } from '../dht/seed-cache.ts'
import { type OpenSeed, SeedFetcher } from '../dht/seed-fetcher.ts'
import type { Directory } from '../directory/directory.ts'
import { relaysKey } from '../directory/keys.ts'
import type { Lifecycle } from '../lifecycle.ts'
import { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import { candidates } from '../paths/candidates.ts'
import { ipReach } from '../paths/ip-reach.ts'
import { machineAddresses } from '../paths/machine-addresses.ts'
import { findRouters } from '../port-mapping/find-routers.ts'
import { LeftOpenPorts } from '../port-mapping/left-open.ts'
import { PermanentPorts } from '../port-mapping/permanent-ports.ts'
import { PortMapper } from '../port-mapping/port-mapper.ts'
import { type Discovery, discoverByCoordinator, discoverByDht } from './discovery.ts'
import { composeMembership, type MembershipSide } from './membership.ts'

export interface NetworkComponents {
  privateKey: Ed25519PrivateKey
  datastore: NodeDatastore
  /** This machine's own clock. */
  clock: Clock
  lifecycle: Lifecycle
  log: Logger
}

export interface NetworkInit {
  config: NodeConfig
  /** The settings as this run uses them. */
  settings: Settings['network']
  /** A coordinator whose data folder holds the network's CA key signs certificates. */
  coordinator: boolean
  /** Books what is relayed for others towards the owner's limits, and says how long to wait before more is read. */
  bookRelayed?: (bytes: number) => Milliseconds
}

/** A node's membership of its network: who is there, and who offers what. */
export interface Network extends Discovery {
  readonly id: string
  readonly host: Host
  readonly greeter: Greeter
  /** Corrected by what the others' clocks say: all that is dated in the network goes by it. */
  readonly clock: Clock
  /** Who is a member, in a network with a CA. */
  readonly members: MembershipSide | undefined
  /** What this node is in its network. */
  readonly membership: LiveValue<Membership>
  /** Coordinators heard of within the last day. */
  readonly seeds: SeedCache
  readonly fetcher: SeedFetcher
  readonly openSeed: OpenSeed
  /** What this node has asked of the edge router. */
  readonly edge: EdgeAllowance
  /** Whether this node relays now for those that others cannot reach. */
  relays(): boolean
  /** Whether the router forwards a port to this node. */
  readonly portMapping: LiveValue<PortMappingState>
  /** Whether the owner has named anybody to join. */
  readonly hasSomebodyToJoin: boolean
  /** Calls `listener` when the host's addresses may have changed, until the returned function is called. */
  onAddressChange(listener: () => void): () => void
}

/** Makes the network side of a node; what needs nothing else of it is added to the lifecycle at once. */
export async function composeNetwork(components: NetworkComponents, init: NetworkInit): Promise<Network> {
  const { privateKey, datastore, clock, lifecycle, log } = components
  const { config, settings, coordinator } = init
  const id = networkId(settings.name, settings.caPublicKey)
  // Coordinators can be reached, and so can everybody in the network that needs no server; elsewhere it turns out.
  const decides = config.dhtEnabled && !coordinator && id !== networkId(defaultSettings.network.name)
  const members = await composeMembers(components, init)
  const host = lifecycle.add(
    'peer-to-peer host',
    await createHost(
      { privateKey, log },
      {
        networkId: id,
        port: config.ports.dht,
        listen: settings.listen,
        mdns: settings.mdns && config.dhtEnabled,
        ...(config.dhtEnabled ? {} : { mode: 'client' }),
        coordinator,
        autoNat: decides,
        announce: config.announce,
        ...(decides && settings.relay ? { relay: { book: init.bookRelayed } } : {}),
        relaxedLimits: config.loopbackSwarm,
        ...(members === undefined ? {} : { gate: members.gate.middleware }),
      },
    ),
  )
  lifecycle.add(
    'unidentified peers',
    new IdentifyAgain({ host, clock, log: log.child({ component: 'unidentified peers' }) }),
  )
  const greeter = lifecycle.add(
    'hello',
    new Greeter({
      host,
      clock,
      log: log.child({ component: 'hello' }),
      ...(members === undefined ? {} : { membership: members }),
    }),
  )
  const membership = members?.attach(host, greeter.clock).membership ?? new LiveValue<Membership>({ kind: 'open' })
  const addressBook = lifecycle.add(
    'address book',
    new AddressBook({ datastore: datastore.store, clock, log }, { networkId: id }),
  )
  const verifyCertificate = members?.trust.read.bind(members.trust)
  const openSeed: OpenSeed = (envelope, now) =>
    openSeedEnvelope(envelope, {
      networkId: id,
      now,
      ...(verifyCertificate === undefined ? {} : { verifyCertificate }),
    })
  const seedLog = log.child({ component: 'seeds' })
  const seedCache = lifecycle.add(
    'kept seeds',
    new SeedCache({ datastore: datastore.store, openSeed, clock: greeter.clock, log: seedLog }, { networkId: id }),
  )
  const edge = lifecycle.add('edge allowance', new EdgeAllowance({ datastore: datastore.store, clock, log: seedLog }))
  const fetcher = new SeedFetcher({ openSeed, clock: greeter.clock, log: seedLog })
  const { coordinators, bootstrap } = config.seedUrls
  const discover = config.dhtEnabled ? discoverByDht : discoverByCoordinator
  const discovery = discover(
    {
      host,
      privateKey,
      datastore,
      addressBook,
      fetcher,
      seeds: seedCache,
      edge,
      ...(members === undefined ? {} : { members: members.known }),
      clock,
      networkClock: greeter.clock,
      lifecycle,
      log,
    },
    init,
  )
  const listensOutside = settings.listen.some(ip => ipReach(ip) !== 'loopback')
  const router = {
    host,
    findRouters,
    permanent: new PermanentPorts(config.dataFolder),
    log: log.child({ component: 'port mapping' }),
  }
  const portMapper =
    decides && settings.portMapping && listensOutside ? new PortMapper({ ...router, clock }) : undefined
  discovery.join.subscribe(({ peers }) => {
    if (peers > 0) void edge.helped()
  })
  return {
    id,
    host,
    greeter,
    clock: greeter.clock,
    ...discovery,
    open() {
      discovery.open()
      if (portMapper === undefined) lifecycle.add('ports left open', new LeftOpenPorts(router))
      if (!decides) return
      lifecycle.add('reachability', new Reachability({ host, clock, log: log.child({ component: 'reachability' }) }))
      const { directory } = discovery
      if (directory !== undefined)
        lifecycle.add('relay seeker', seekRelays({ host, directory, clock, log: log.child({ component: 'relays' }) }))
      if (portMapper !== undefined) lifecycle.add('port mapping', portMapper)
    },
    members,
    membership,
    seeds: seedCache,
    fetcher,
    openSeed,
    edge,
    relays: () => host.libp2p.services.relay !== undefined && host.isServer,
    portMapping: portMapper?.state ?? new LiveValue<PortMappingState>({ kind: 'off' }),
    hasSomebodyToJoin: [settings.seeds, settings.coordinatorUrls ?? [], coordinators, bootstrap].flat().length > 0,
    onAddressChange(listener) {
      host.libp2p.addEventListener('self:peer:update', listener)
      return () => host.libp2p.removeEventListener('self:peer:update', listener)
    },
  }
}

/** Nothing of the kind in an open network. */
async function composeMembers(
  components: NetworkComponents,
  { config, settings, coordinator }: NetworkInit,
): Promise<MembershipSide | undefined> {
  const { name, caPublicKey, coordinatorUrls = [] } = settings
  if (caPublicKey === undefined) return undefined
  const urls = [...new Set([...config.seedUrls.coordinators, ...coordinatorUrls])]
  return composeMembership(components, {
    dataFolder: config.dataFolder,
    network: { name, caPublicKey },
    coordinatorUrls: () => urls,
    coordinator,
  })
}

/** Dials no relay at an address that could only be somebody's own machine or network. */
function seekRelays(parts: { host: Host; directory: Directory; clock: Clock; log: Logger }): RelaySeeker {
  const { host, directory } = parts
  const self = host.peerId.toString()
  return new RelaySeeker({
    ...parts,
    async find(options) {
      const workers = await directory.finder.find(relaysKey, options)
      const own = { peerId: self, listens: host.listens(), ips: machineAddresses() }
      return workers
        .filter(({ peerId }) => peerId !== self)
        .map(({ peerId, record }) => {
          const ways = candidates({ peerId, addresses: record.addresses }, own)
          return {
            peerId,
            addresses: ways.filter(({ kind }) => kind === 'direct').map(({ address }) => String(address)),
          }
        })
    },
  })
}
