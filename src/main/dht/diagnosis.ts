import { isLoopback, isPrivate } from '@libp2p/utils'
import { multiaddr } from '@multiformats/multiaddr'
import type { Diagnosis, Finding } from '../../shared/schema/diagnosis.ts'
import type { Membership } from '../../shared/schema/membership.ts'
import type { PortMappingState } from '../../shared/schema/port-mapping.ts'
import type { TunnelView } from '../../shared/schema/tunnel.ts'
import type { VpnState } from '../../shared/schema/vpn.ts'
import { minute, second } from '../../shared/units.ts'
import type { FirewallState } from '../firewall/windows-firewall.ts'
import type { ClockState } from './clock-offset.ts'
import { minClockGroups } from './clock-offset.ts'
import type { Incoming } from './incoming-watch.ts'
import type { JoinState } from './join-state.ts'

/** Records may be dated this far ahead, so a clock that is off by less does no harm. */
const harmlessOffsetMs = 10 * second

/** With so many nodes connected for so long, some connect to this one by themselves where nothing keeps them from it. */
const fewPeers = 3
const patienceMs = 15 * minute

export interface DiagnosisFacts {
  join: JoinState
  mdns: boolean
  /** Multiaddrs the node announces. */
  addresses: string[]
  /** IP addresses of this machine. */
  ips: string[]
  /** Whether others have found that they can reach this node, where that is looked into. */
  mode: 'server' | 'client'
  /** Whether other machines come to this one by themselves. */
  incoming: Incoming
  /** What the system's firewall says of this program, where it can be asked. */
  firewall?: FirewallState | undefined
  /** Whether the router forwards a port to this node. */
  portMapping: PortMappingState
  ports: { use: 'nodes' | 'programs'; wanted: number; inUse: number }[]
  clock: ClockState
  /** What this node is in its network. */
  membership: Membership
  tunnel: TunnelView
  vpn: VpnState
  /** Missing where the node does not donate; else how many registrars hold its record. */
  heldBy?: number | undefined
}

/** What helps or hinders this node to take part. Pure. */
export function diagnose(facts: DiagnosisFacts): Diagnosis {
  return {
    findings: [
      peersOf(facts),
      reachOf(facts),
      ...firewallOf(facts),
      ...mappingOf(facts),
      ...facts.ports.map(portOf),
      clockOf(facts.clock),
      ...membershipOf(facts.membership),
      ...tunnelOf(facts.tunnel),
      ...vpnOf(facts.vpn),
      ...announcedOf(facts),
    ],
  }
}

function peersOf({ join: { peers, tried, nextTryAt }, mdns }: DiagnosisFacts): Finding {
  if (peers > 0) return { kind: 'connected', level: 'good', peers }
  const offered = tried.reduce((sum, { offered }) => sum + offered, 0)
  if (!mdns && offered === 0 && tried.length > 0) return { kind: 'nowhere-to-look', level: 'problem' }
  return { kind: 'alone', level: 'problem', mdns, tried, ...(nextTryAt === undefined ? {} : { nextTryAt }) }
}

function reachOf({ addresses, ips, mode, ports }: DiagnosisFacts): Finding {
  const relays = addresses.filter(text => text.includes('/p2p-circuit')).length
  const port = ports.find(({ use }) => use === 'nodes')?.inUse ?? 0
  if (relays > 0) return { kind: 'relayed', level: 'note', relays, port }
  if (mode === 'client') return { kind: 'unreachable', level: 'problem', port }
  const parsed = addresses.map(text => multiaddr(text))
  if (parsed.every(isLoopback)) return { kind: 'this-machine-only', level: 'problem', addresses }
  if (parsed.every(isPrivate)) return { kind: 'local-network-only', level: 'note', addresses }
  const open = parsed.filter(address => !isPrivate(address) && !isLoopback(address))
  const isOwn = open.some(address => ips.includes(address.getComponents()[0]?.value ?? ''))
  return { kind: isOwn ? 'public' : 'mapped', level: 'good', addresses: open.map(String) }
}

/**
 * Whether a firewall on this machine keeps others out. Where the system can be asked, it knows; elsewhere that several nodes
 * are known, and none has ever come by itself, is all that a process can see of it.
 */
function firewallOf({ firewall, incoming, join: { peers }, mode, addresses, ports }: DiagnosisFacts): Finding[] {
  if (incoming.cameIn) return []
  if (firewall === 'blocked') return [{ kind: 'firewall-blocks', level: 'problem' }]
  const listensToOthers = mode === 'server' && !addresses.map(text => multiaddr(text)).every(isLoopback)
  if (!listensToOthers || peers < fewPeers || incoming.watchedMs < patienceMs) return []
  const port = ports.find(({ use }) => use === 'nodes')?.inUse ?? 0
  return [{ kind: 'nobody-came', level: 'note', port, minutes: Math.floor(incoming.watchedMs / minute) }]
}

function mappingOf({ portMapping, addresses }: DiagnosisFacts): Finding[] {
  switch (portMapping.kind) {
    case 'off':
    case 'not-needed':
      return []
    case 'mapped': {
      const { externalIp, externalPort: port } = portMapping
      const proven = addresses.includes(`/ip4/${externalIp}/tcp/${port}`)
      return [{ kind: 'port-mapped', level: proven ? 'good' : 'note', port, proven }]
    }
    case 'refused':
      return [{ kind: 'port-refused', level: 'note', why: portMapping.why }]
    case 'double-nat':
      return [{ kind: 'double-nat', level: 'note', externalIp: portMapping.externalIp }]
    case 'no-router':
      return [{ kind: 'no-router', level: 'note' }]
  }
}

function portOf({ use, wanted, inUse }: DiagnosisFacts['ports'][number]): Finding {
  const asWanted = wanted === inUse || wanted === 0
  return { kind: 'port', level: asWanted ? 'good' : 'note', use, wanted, inUse }
}

function clockOf({ offsetMs, groups }: ClockState): Finding {
  if (groups < minClockGroups) return { kind: 'clock-unknown', level: 'note', groups }
  if (Math.abs(offsetMs) > harmlessOffsetMs) return { kind: 'clock-wrong', level: 'problem', offsetMs }
  return { kind: 'clock-right', level: 'good', groups }
}

function membershipOf(membership: Membership): Finding[] {
  if (membership.kind === 'open') return []
  const { message } = membership.renewal.failure ?? {}
  const failure = message === undefined ? {} : { failure: message }
  if (membership.kind !== 'member') return [{ kind: 'no-member', level: 'problem', state: membership.kind, ...failure }]
  return [{ kind: 'member', level: message === undefined ? 'good' : 'note', until: membership.until, ...failure }]
}

const tunnelLevels: Record<TunnelView['kind'], Finding['level']> = {
  stopped: 'note',
  starting: 'note',
  connecting: 'note',
  ready: 'good',
  'backing-off': 'problem',
  unavailable: 'problem',
  failed: 'problem',
}

function tunnelOf(tunnel: TunnelView): Finding[] {
  return tunnel.kind === 'stopped' ? [] : [{ kind: 'tunnel', level: tunnelLevels[tunnel.kind], tunnel }]
}

const vpnLevels: Record<VpnState['kind'], Finding['level']> = {
  off: 'note',
  waiting: 'note',
  starting: 'note',
  ready: 'good',
  'backing-off': 'problem',
  unavailable: 'problem',
}

function vpnOf(vpn: VpnState): Finding[] {
  if (vpn.kind === 'off') return []
  const isLost = vpn.kind === 'waiting' && vpn.lost !== undefined
  return [{ kind: 'vpn', level: isLost ? 'problem' : vpnLevels[vpn.kind], vpn }]
}

function announcedOf({ heldBy, join: { peers } }: DiagnosisFacts): Finding[] {
  if (heldBy === undefined) return []
  if (heldBy === 0) return [{ kind: 'not-announced', level: 'problem' }]
  // It is listed with this node alone, where nobody looks.
  if (peers === 0) return []
  return [{ kind: 'announced', level: 'good', registrars: heldBy }]
}
