import type { Ed25519PrivateKey } from '@libp2p/interface'
import { multiaddr } from '@multiformats/multiaddr'
import { RmaError } from '../../shared/errors.ts'
import { randomToken } from '../../shared/membership/ca-token.ts'
import { type EnrolAnswer, signEnrolRequest } from '../../shared/membership/enrolment.ts'
import { type Invite, parseInvite } from '../../shared/membership/invite.ts'
import { networkId } from '../../shared/membership/network-id.ts'
import type { JoinResult } from '../../shared/schema/membership.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import { type Milliseconds, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { createHost, type Host } from '../dht/host.ts'
import type { Logger } from '../log.ts'
import { type EnrolWay, enrolBy, overHttp } from './enrol-way.ts'
import { MembershipFile } from './membership-file.ts'
import { askMembership } from './membership-protocol.ts'
import { Trust } from './trust.ts'

const dialTimeoutMs = 5 * second

export interface JoinComponents {
  /** This node's identity, under which it becomes a member. */
  privateKey: Ed25519PrivateKey
  settings: { change(change: (settings: Settings) => Settings): Promise<unknown> }
  clock: Clock
  log: Logger
}

export interface JoinInit {
  dataFolder: string
  /** An invite or its link, as somebody pasted it. */
  invite: string
  /** What the operator sees where somebody has to approve. */
  label?: string | undefined
  signal: AbortSignal
}

/**
 * Joins the network of an invite: enrols with a coordinator it names, keeps the certificate, and puts the network into the
 * settings, which count from the node's next start. Nothing is changed where that fails: INVITE_MALFORMED, what the
 * coordinator refuses with, NO_COORDINATOR, or STORAGE_UNAVAILABLE.
 */
export async function joinNetwork(
  components: JoinComponents,
  { dataFolder, invite: pasted, label, signal }: JoinInit,
): Promise<Omit<JoinResult, 'restarting'>> {
  const { privateKey, settings, clock, log } = components
  const invite = parseInvite(pasted)
  const id = networkId(invite.network, invite.caPublicKey)
  const peerId = privateKey.publicKey.toString()
  const sign = (now: Milliseconds) =>
    signEnrolRequest({ peerId, networkId: id, now, nonce: randomToken(), code: invite.code, label }, content =>
      privateKey.sign(content),
    )
  const seeds = new InviteSeeds(components, { networkId: id, invite })
  let answer: EnrolAnswer
  try {
    answer = await enrolBy(seeds.ways(), sign, () => clock.now(), signal)
  } finally {
    await seeds.close()
  }
  if (answer.status === 'member') {
    const file = new MembershipFile(dataFolder, id)
    const trust = new Trust({ file, now: () => clock.now(), log }, { selfId: peerId, networkId: id, ...invite })
    if (answer.revocations !== undefined) await trust.adoptRevocations(answer.revocations)
    await trust.adopt(answer.certificate)
    await trust.kept()
  }
  await settings.change(current => ({ ...current, network: networkOf(invite, current.network) }))
  log.info({ network: invite.network, status: answer.status }, 'joined a network')
  return { network: invite.network, status: answer.status }
}

/** The network of an invite; how this machine listens stays as it was. */
function networkOf(invite: Invite, { mdns, relay, portMapping, listen }: Settings['network']): Settings['network'] {
  const { network, caPublicKey, seeds } = invite
  return {
    name: network,
    caPublicKey,
    seeds: seeds.filter(seed => seed.startsWith('/')),
    coordinatorUrls: seeds.filter(seed => !seed.startsWith('/')),
    mdns,
    relay,
    portMapping,
    listen,
  }
}

/** The places that an invite names to ask, of which those over libp2p share one host for as long as they are asked. */
class InviteSeeds {
  readonly #components: JoinComponents
  readonly #init: { networkId: string; invite: Invite }
  #host: Promise<Host> | undefined

  constructor(components: JoinComponents, init: { networkId: string; invite: Invite }) {
    this.#components = components
    this.#init = init
  }

  ways(): EnrolWay[] {
    const { seeds } = this.#init.invite
    return seeds.map(seed => (seed.startsWith('/') ? this.#overLibp2p(seed) : overHttp(seed)))
  }

  async close(): Promise<void> {
    const host = await this.#host?.catch(() => undefined)
    await host?.stop()
  }

  #overLibp2p(address: string): EnrolWay {
    return {
      name: address,
      enrol: async (request, signal) => {
        this.#host ??= this.#startHost()
        const host = await this.#host
        const dialSignal = AbortSignal.any([signal, AbortSignal.timeout(dialTimeoutMs)])
        const { remotePeer } = await host.libp2p.dial(toMultiaddr(address), { signal: dialSignal })
        return askMembership(host, remotePeer, { request }, signal)
      },
    }
  }

  /** Only to ask: nobody is meant to reach it. */
  async #startHost(): Promise<Host> {
    const { privateKey, log } = this.#components
    const host = await createHost(
      { privateKey, log },
      {
        networkId: this.#init.networkId,
        port: { port: 0, explicit: true },
        listen: ['127.0.0.1'],
        mdns: false,
        mode: 'client',
      },
    )
    await host.start()
    return host
  }
}

function toMultiaddr(text: string) {
  try {
    return multiaddr(text)
  } catch (cause) {
    throw new RmaError('INVITE_MALFORMED', `the invite names an address that is none: ${text}`, {}, { cause })
  }
}
