import type { Membership } from '../../../shared/schema/membership.ts'
import { Badge } from '../../components/badge.tsx'
import { Card } from '../../components/card.tsx'
import { type Fact, Facts } from '../../components/facts.tsx'
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
      <div className={styles.facts}>
        <Facts facts={factsOf(membership, network.name)} />
      </div>
      <JoinForm />
    </Card>
  )
}

function factsOf(membership: Membership, network: string): Fact[] {
  const words = strings.membership
  const name: Fact = { name: words.network, value: network }
  if (membership.kind === 'open') return [name, { name: words.access, value: words.openHint }]
  const { nextTryAt, failure } = membership.renewal
  return [
    name,
    ...(membership.kind === 'member'
      ? [{ name: words.roles, value: formatList(membership.roles.map(role => words.role[role])) }]
      : []),
    ...(membership.kind === 'member' || membership.kind === 'expired'
      ? [
          {
            name: membership.kind === 'member' ? words.until : words.endedAt,
            value: formatDateTime(membership.until),
          },
        ]
      : []),
    {
      name: words.renewal,
      value: (
        <>
          {formatDateTime(nextTryAt)}
          {failure !== undefined && (
            <span className={styles.failure}>{words.renewalFailed({ message: failure.message })}</span>
          )}
        </>
      ),
    },
  ]
}

const tones = { open: 'warn', member: 'good', expired: 'bad', pending: 'neutral', outside: 'bad' } as const

function Standing({ membership: { kind } }: { membership: Membership }) {
  return <Badge tone={tones[kind]}>{strings.membership.kind[kind]}</Badge>
}
