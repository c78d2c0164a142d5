import type { Membership } from '../../../shared/schema/membership.ts'
import { Badge } from '../../components/badge.tsx'
import { Card } from '../../components/card.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatDateTime, formatList } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { JoinForm } from './join-form.tsx'
import styles from './membership-card.module.css'

/** What this node is in its network, until when, and how to join another. */
export function MembershipCard() {
  const network = useNode(state => state.status?.self.network)
  const membership = useNode(state => state.membership)
  if (network === undefined || membership === undefined) return null
  const words = strings.membership
  return (
    <Card title={words.title} aside={<Standing membership={membership} />}>
      <dl className={styles.facts}>
        <dt>{words.network}</dt>
        <dd>{network.name}</dd>
        {membership.kind === 'open' && (
          <>
            <dt>{words.access}</dt>
            <dd>{words.openHint}</dd>
          </>
        )}
        {membership.kind === 'member' && (
          <>
            <dt>{words.roles}</dt>
            <dd>{formatList(membership.roles.map(role => words.role[role]))}</dd>
          </>
        )}
        {(membership.kind === 'member' || membership.kind === 'expired') && (
          <>
            <dt>{membership.kind === 'member' ? words.until : words.endedAt}</dt>
            <dd>{formatDateTime(membership.until)}</dd>
          </>
        )}
        {membership.kind !== 'open' && (
          <>
            <dt>{words.renewal}</dt>
            <dd>
              {formatDateTime(membership.renewal.nextTryAt)}
              {membership.renewal.failure !== undefined && (
                <span className={styles.failure}>
                  {words.renewalFailed({ message: membership.renewal.failure.message })}
                </span>
              )}
            </dd>
          </>
        )}
      </dl>
      <JoinForm />
    </Card>
  )
}

const tones = { open: 'warn', member: 'good', expired: 'bad', pending: 'neutral', outside: 'bad' } as const

function Standing({ membership: { kind } }: { membership: Membership }) {
  return <Badge tone={tones[kind]}>{strings.membership.kind[kind]}</Badge>
}
