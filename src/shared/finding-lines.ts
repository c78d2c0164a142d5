import type { Finding, SourceTry } from './schema/diagnosis.ts'
import type { TunnelView } from './schema/tunnel.ts'
import type { VpnState } from './schema/vpn.ts'
import type { Strings } from './strings/catalogue.ts'
import type { en } from './strings/en.ts'
import { type Milliseconds, minute, second } from './units.ts'

/** The words for it, in any language. */
export type FindingWords = Strings<typeof en.findings>

/**
 * A finding in words: what was found, then what to know and do about it, one sentence or two each. `now` is when they are
 * read.
 */
export function findingLines(finding: Finding, words: FindingWords, now: Milliseconds): string[] {
  switch (finding.kind) {
    case 'connected':
      return [words.connected({ peers: finding.peers })]
    case 'alone':
      return [
        words.alone,
        ...finding.tried.map(tried => triedSentence(tried, words.tried)),
        finding.mdns ? words.mdnsOn : words.mdnsOff,
        finding.nextTryAt === undefined
          ? words.tryingNow
          : words.nextTry({ seconds: secondsTo(finding.nextTryAt, now) }),
      ]
    case 'nowhere-to-look':
      return [words.nowhere, words.giveSeed]
    case 'this-machine-only':
      return [
        words.thisMachineOnly({ addresses: finding.addresses.map(hostAndPort).join(', ') || words.noAddress }),
        words.listenElsewhere,
      ]
    case 'local-network-only':
      return [words.localNetworkOnly]
    case 'public':
      return [words.public]
    case 'mapped':
      return [words.mapped]
    case 'relayed':
      return [words.relayed({ relays: finding.relays }), ...mend(finding.port, words)]
    case 'unreachable':
      return [words.unreachable, ...mend(finding.port, words)]
    case 'firewall-blocks':
      return [words.firewallBlocks, words.allowInWindows]
    case 'nobody-came':
      return [words.nobodyCame({ minutes: finding.minutes }), words.openFirewall({ port: String(finding.port) })]
    case 'port-mapped':
      return [
        words.portMapped({ port: String(finding.port) }),
        finding.proven ? words.portTakenBack : words.portUnproven,
      ]
    case 'port-refused':
      return [words.portRefused({ why: finding.why })]
    case 'double-nat':
      return [words.doubleNat({ externalIp: finding.externalIp || words.noAddress })]
    case 'no-router':
      return [words.noRouter]
    case 'port':
      return [portSentence(finding, words)]
    case 'clock-right':
      return [words.clockRight({ groups: finding.groups })]
    case 'clock-unknown':
      return [words.clockUnknown({ groups: finding.groups })]
    case 'clock-wrong':
      return [clockSentence(finding.offsetMs, words)]
    case 'member':
      return [
        words.member({ until: finding.until }),
        ...(finding.failure === undefined ? [] : [words.renewalFailed({ failure: finding.failure })]),
      ]
    case 'no-member':
      return [
        words.noMember[finding.state],
        ...(finding.failure === undefined ? [] : [words.requestFailed({ failure: finding.failure })]),
      ]
    case 'tunnel':
      return tunnelLines(finding.tunnel, words.tunnel, now)
    case 'vpn':
      return vpnLines(finding.vpn, words.vpn, now)
    case 'announced':
      return [words.announced({ registrars: finding.registrars })]
    case 'not-announced':
      return [words.notAnnounced]
  }
}

/** `127.0.0.1:8468` of a multiaddr of that; any other address as it is. */
function hostAndPort(address: string): string {
  const [, family, host, port] = /^\/ip([46])\/([^/]+)\/tcp\/(\d+)/.exec(address) ?? []
  if (host === undefined) return address
  return family === '6' ? `[${host}]:${port}` : `${host}:${port}`
}

function triedSentence({ source, offered, reached, failure }: SourceTry, words: FindingWords['tried']): string {
  if (failure !== undefined) return words.failed({ source, failure })
  return offered === 0 ? words.none({ source }) : words.answered({ source, reached, offered })
}

/** What gives a node that is behind a router a direct path. */
function mend(port: number, words: FindingWords): string[] {
  return [words.forwardPort({ port: String(port) }), words.tunnelOrVpn]
}

function tunnelLines(view: TunnelView, words: FindingWords['tunnel'], now: Milliseconds): string[] {
  switch (view.kind) {
    case 'stopped':
      return [words.off]
    case 'starting':
      return [words.starting]
    case 'connecting':
      return [words.connecting({ url: view.url })]
    case 'ready':
      return [words.ready({ url: view.url })]
    case 'backing-off':
      return [words.failed({ why: view.why }), words.nextTry({ seconds: secondsTo(view.until, now) })]
    case 'unavailable':
      return [words.notInstalled, words.install]
    case 'failed':
      return [words.failed({ why: view.why }), words.switchAgain]
  }
}

function vpnLines(state: VpnState, words: FindingWords['vpn'], now: Milliseconds): string[] {
  switch (state.kind) {
    case 'off':
      return [words.off]
    case 'waiting':
      return [...(state.lost === undefined ? [] : [words.lost[state.lost]]), words.waiting]
    case 'starting':
      return [words.starting({ ip: state.ip })]
    case 'ready':
      return [words.ready({ ip: state.ip })]
    case 'backing-off':
      return [words.failed({ why: state.why }), words.nextTry({ seconds: secondsTo(state.until, now) })]
    case 'unavailable':
      return [words.unavailable[state.reason], words.todo({ todo: state.todo })]
  }
}

function secondsTo(at: Milliseconds, now: Milliseconds): number {
  return Math.ceil(Math.max(0, at - now) / second)
}

/** Ports are names rather than numbers: nothing stands between their thousands. */
function portSentence({ level, use, wanted, inUse }: Extract<Finding, { kind: 'port' }>, words: FindingWords): string {
  const port = String(inUse)
  return level === 'good' ? words.portOpen({ port, use }) : words.portTaken({ wanted: String(wanted), port, use })
}

/** `offsetMs` is what has to be added to this clock, so a positive one means that it is behind. */
function clockSentence(offsetMs: Milliseconds, words: FindingWords): string {
  const amount = Math.abs(offsetMs)
  return words.clockWrong({
    amount:
      amount < minute
        ? words.seconds({ count: Math.round(amount / second) })
        : words.minutes({ count: Math.round(amount / minute) }),
    way: offsetMs > 0 ? 'slow' : 'fast',
  })
}
