import type { Finding, SourceTry } from './schema/diagnosis.ts'
import { type Milliseconds, minute, second } from './units.ts'

/**
 * A finding in English: what was found, then what to know and do about it, one sentence or two each. `now` is when they are
 * read.
 */
export function findingLines(finding: Finding, now: Milliseconds): string[] {
  return text(finding, now).split('\n')
}

function text(finding: Finding, now: Milliseconds): string {
  switch (finding.kind) {
    case 'connected':
      return `Connected to ${counted(finding.peers, 'node')}.`
    case 'alone':
      return [
        'No other node answers.',
        ...finding.tried.map(triedSentence),
        finding.mdns
          ? 'Nodes on the same local network are found by themselves, unless the router or a firewall keeps multicast back.'
          : 'Looking on the local network is switched off (mdns in settings.json, or --no-mdns).',
        finding.nextTryAt === undefined
          ? 'Trying now.'
          : `Next try in ${Math.ceil(Math.max(0, finding.nextTryAt - now) / second)} s.`,
      ].join('\n')
    case 'nowhere-to-look':
      return 'There is nobody to ask: no seeds are set, no node is known from before, and looking on the local network is off.\nGive a seed (--seed) or allow multicast DNS.'
    case 'this-machine-only':
      return `Only programs on this machine can reach this node (${finding.addresses.join(', ') || 'no address'}).\nListen on the machine's own addresses (network.listen in settings.json, or --listen 0.0.0.0).`
    case 'local-network-only':
      return 'Nodes on the same local network or VPN can reach this one; those on the internet cannot.'
    case 'public':
      return 'This node has a public address.'
    case 'port':
      return finding.level === 'good'
        ? `Port ${finding.inUse} is open for ${finding.use === 'nodes' ? 'other nodes' : 'programs on this machine'}.`
        : `Port ${finding.wanted} was taken by another program, so ${finding.use === 'nodes' ? 'other nodes' : 'programs on this machine'} use ${finding.inUse}.`
    case 'clock-right':
      return `The clock agrees with ${counted(finding.groups, 'other machine')}.`
    case 'clock-unknown':
      return `Whether the clock is right cannot be told yet: that takes three other machines, heard from so far: ${finding.groups}.`
    case 'clock-wrong':
      return `The clock is ${formatOffset(finding.offsetMs)}. The node corrects for it, but set the system's clock.`
    case 'member':
      return `This node is a member of its network until ${new Date(finding.until).toISOString().slice(0, 10)}.${
        finding.failure === undefined
          ? ''
          : `\nIts certificate could not be renewed so far: ${finding.failure}. It is tried again by itself.`
      }`
    case 'no-member':
      return `${noMember[finding.state]}${
        finding.failure === undefined ? '' : `\nThe last request for a certificate failed: ${finding.failure}.`
      }`
    case 'announced':
      return `This node's offer is known to ${counted(finding.registrars, 'registrar')}.`
    case 'not-announced':
      return 'No registrar has taken this node’s offer yet, so nobody can find it. It is offered again by itself.'
  }
}

const noMember = {
  expired: 'This node’s certificate has ended, so the others no longer speak with it. It asks for a new one by itself.',
  pending: 'The operator of the network has yet to approve this node; until then the others do not speak with it.',
  outside:
    'This node is no member of its network, so the others do not speak with it. Join with an invite: rma-donor join.',
} as const

function triedSentence({ source, offered, reached, failure }: SourceTry): string {
  if (failure !== undefined) return `Tried ${source}: ${failure}.`
  if (offered === 0) return `Tried ${source}: there are none.`
  return `Tried ${source}: ${reached} of ${counted(offered, 'address', 'addresses')} answered.`
}

/** `offsetMs` is what has to be added to this clock, so a positive one means that it is behind. */
function formatOffset(offsetMs: Milliseconds): string {
  const amount = Math.abs(offsetMs)
  const text = amount < minute ? `${Math.round(amount / second)} s` : `${Math.round(amount / minute)} min`
  return `${text} ${offsetMs > 0 ? 'slow' : 'fast'}`
}

function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}
