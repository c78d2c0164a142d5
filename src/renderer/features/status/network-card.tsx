import { Badge } from '../../components/badge.tsx'
import { Card } from '../../components/card.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatCount, formatDuration, shortPeerId } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'
import styles from './network-card.module.css'

/** Which network this node is in, and who it is there. */
export function NetworkCard() {
  const self = useNode(state => state.status?.self)
  const counts = useNode(state => state.topology?.counts)
  const online = useNode(state => state.link.kind === 'online')
  const now = useNow(online)
  if (self === undefined) return null
  const words = strings.status
  const upMinutes = Math.floor((now - self.startedAt) / 60_000)
  return (
    <Card
      title={words.network}
      aside={
        self.network.open ? (
          <Badge tone="warn" title={words.openBadgeHint}>
            {words.openBadge}
          </Badge>
        ) : (
          <Badge tone="good">{words.privateBadge}</Badge>
        )
      }
    >
      {counts !== undefined && (
        <a className={styles.counts} href="#/topology">
          {formatCount(counts.connected)} {strings.topology.connected} · {formatCount(counts.known)}{' '}
          {strings.topology.known} · {formatCount(counts.donating)} {strings.topology.donating}
        </a>
      )}
      <Facts
        form="rows"
        facts={[
          { name: words.networkName, value: self.network.name },
          {
            name: words.peerId,
            value: (
              <>
                <code title={self.peerId}>{shortPeerId(self.peerId)}</code>
                <CopyButton label={words.copyPeerId} text={() => self.peerId} />
              </>
            ),
          },
          {
            name: words.uptime,
            value: formatDuration(upMinutes < 1 ? Math.max(0, now - self.startedAt) : upMinutes * 60_000),
          },
        ]}
      />
    </Card>
  )
}
