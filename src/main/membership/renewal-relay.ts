import { RmaError } from '../../shared/errors.ts'
import { verifyIssued } from '../../shared/membership/certificate.ts'
import { type EnrolWay, enrolBy } from './enrol-way.ts'
import type { EnrolAnswerer } from './membership-protocol.ts'
import type { Trust } from './trust.ts'

export interface RenewalRelayComponents {
  trust: Trust
  /** Ways to a coordinator that go through nobody else. */
  ways: () => EnrolWay[]
}

/**
 * What a member answers whose peer asks it about membership: it passes renewals on to a coordinator, once, and unchanged,
 * for they are signed. It does so for those only whom the CA has once admitted.
 */
export function renewalRelay({ trust, ways }: RenewalRelayComponents): EnrolAnswerer {
  return async (request, { relayed }, signal) => {
    if (relayed || request.certificate === undefined)
      throw new RmaError('NO_COORDINATOR', 'this node is no coordinator, and passes only renewals of its peers on')
    await verifyIssued(request.certificate, { ...identityOf(trust), shownBy: request.peer_id })
    return enrolBy(
      ways(),
      async () => request,
      () => request.issued_at,
      signal,
    )
  }
}

function identityOf({ networkId, caPublicKey }: Trust) {
  return { networkId, caPublicKey }
}
