import type { PageName } from '../../shared/pages.ts'
import type { LedgerSnapshot } from '../../shared/schema/contribution.ts'
import type { DesktopSnapshot } from '../../shared/schema/desktop.ts'
import type { Membership } from '../../shared/schema/membership.ts'
import type { Status } from '../../shared/schema/status.ts'
import { serviceName } from './service-name.ts'
import { strings } from './strings.ts'

/** Something worth telling somebody who does not look. */
export interface Notice {
  /** The same for the same thing, which is told once; empty for what is new each time. */
  key: string
  body: string
  /** Where to read more. */
  page: PageName
}

/** Whether what has this key can be over and come again; the same update never does. */
export function mayReturn(key: string): boolean {
  return !key.startsWith('update:')
}

export interface NoticeFacts {
  status: Pick<Status, 'activity' | 'services'>
  ledger: LedgerSnapshot['state']['kind']
  membership: Membership['kind']
  shell: DesktopSnapshot
}

/**
 * What has gone wrong, is waiting for the owner or has come to its end, since `before`. What runs as it should is not told:
 * a donor wants to forget the app.
 */
export function noticesOf(now: NoticeFacts, before: NoticeFacts | undefined): Notice[] {
  const words = strings.notices
  const update = now.shell.kind === 'app' ? now.shell.update : undefined
  return [
    ...now.status.services
      .filter(({ enabled, unavailable }) => enabled && unavailable?.kind === 'engine-failed')
      .map(({ type }) => ({
        key: `engine-failed:${type}`,
        body: words.engineFailed({ service: serviceName(type) }),
        page: 'logs' as const,
      })),
    ...(now.membership === 'expired'
      ? [{ key: 'membership-expired', body: words.membershipExpired, page: 'status' as const }]
      : []),
    ...(now.ledger === 'unwritable'
      ? [{ key: 'ledger-unwritable', body: words.ledgerUnwritable, page: 'logs' as const }]
      : []),
    ...(before?.status.activity.kind === 'stopping' && now.status.activity.kind === 'off'
      ? [{ key: '', body: words.finished, page: 'status' as const }]
      : []),
    ...(update?.kind === 'ready'
      ? [
          {
            key: `update:${update.version}`,
            body: (update.waitsFor === 'owner' ? words.updateForOwner : words.updateReady)({ version: update.version }),
            page: update.waitsFor === 'owner' ? ('about' as const) : ('status' as const),
          },
        ]
      : []),
  ]
}
