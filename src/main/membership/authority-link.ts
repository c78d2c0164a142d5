import type { Role } from '../../shared/membership/certificate.ts'
import type { EnrolAnswer } from '../../shared/membership/enrolment.ts'
import type { PeerIdText } from '../../shared/schema/primitives.ts'
import type { Startable } from '../lifecycle.ts'
import type { LiveValue } from '../live-value.ts'
import type { Logger } from '../log.ts'
import type { EnrolWay } from './enrol-way.ts'
import type { EnrolAnswerer } from './membership-protocol.ts'
import type { Trust } from './trust.ts'

const ownRoles: readonly Role[] = ['coordinator', 'donor', 'requester']

/** A CA in this very process, as the member's side sees it. */
export interface LocalAuthority {
  readonly revocations: LiveValue<string | undefined>
  enrol(request: unknown): Promise<EnrolAnswer>
  issueFor(peerId: PeerIdText, roles: readonly Role[], vpnKey?: string): Promise<EnrolAnswer>
  learn(revocations: string): Promise<void>
}

export interface AuthorityLinkComponents {
  authority: LocalAuthority
  trust: Trust
  log: Logger
}

/**
 * Joins a coordinator's CA to its own membership: it certifies itself, what it revokes goes out with its next hello, and
 * what other coordinators of the CA have revoked it takes in.
 */
export function followAuthority({ authority, trust, log }: AuthorityLinkComponents): Startable & {
  way: EnrolWay
  answer: EnrolAnswerer
} {
  const stops: (() => void)[] = []
  const failed = (error: unknown) => log.error({ err: error }, 'revocations could not be taken over')
  const publish = (token: string | undefined) => {
    if (token !== undefined) trust.adoptRevocations(token).catch(failed)
  }
  const learn = (token: string | undefined) => {
    if (token !== undefined && token !== authority.revocations.get()) authority.learn(token).catch(failed)
  }
  return {
    way: { name: 'this coordinator', enrol: ({ vpn_key }) => authority.issueFor(trust.selfId, ownRoles, vpn_key) },
    answer: request => authority.enrol(request),
    start: () => {
      stops.push(
        authority.revocations.subscribe(publish),
        trust.revocations.subscribe(held => learn(held?.token)),
      )
      publish(authority.revocations.get())
      learn(trust.revocations.get()?.token)
    },
    stop: () => {
      for (const stop of stops.splice(0)) stop()
    },
  }
}
