import { CircleAlert, CircleCheck, Info, RotateCw } from 'lucide-react'
import { useState } from 'react'
import { findingLines } from '../../../shared/finding-lines.ts'
import type { Finding } from '../../../shared/schema/diagnosis.ts'
import type { Milliseconds } from '../../../shared/units.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'
import styles from './reachability-card.module.css'

const words = strings.network
const icons = { good: CircleCheck, note: Info, problem: CircleAlert } as const satisfies Record<
  Finding['level'],
  unknown
>
const gravity: Record<Finding['level'], number> = { problem: 0, note: 1, good: 2 }

const diagnose = (client: NodeClient) => client.network.diagnose()

/** Why this node can or cannot take part, and what to mend; found out anew when it gains or loses peers. */
export function ReachabilityCard() {
  const connected = useNode(state => state.topology?.counts.connected)
  const donating = useNode(state => state.status?.donating)
  const [asked, setAsked] = useState(0)
  const { value, error, asking } = useAnswer(diagnose, `${connected} ${donating} ${asked}`)
  const counting = value?.findings.some(finding => finding.kind === 'alone' && finding.nextTryAt !== undefined)
  const now = useNow(counting === true)
  const findings = value?.findings.toSorted((a, b) => gravity[a.level] - gravity[b.level]) ?? []
  return (
    <Card
      title={words.reachability}
      aside={
        <Button kind="quiet" onPress={() => setAsked(asked + 1)}>
          <RotateCw size={14} aria-hidden />
          {asking ? words.checking : words.checkAgain}
        </Button>
      }
    >
      <ul className={styles.findings} aria-busy={asking}>
        {findings.map(finding => (
          <FindingRow key={JSON.stringify(finding)} finding={finding} now={now} />
        ))}
      </ul>
      <Failure what={words.checkFailed} error={error} />
    </Card>
  )
}

function FindingRow({ finding, now }: { finding: Finding; now: Milliseconds }) {
  const Icon = icons[finding.level]
  const [found, ...more] = findingLines(finding, strings.findings, now)
  return (
    <li className={styles.finding} data-level={finding.level}>
      <Icon size={17} aria-label={words.level[finding.level]} />
      <div>
        <p>{found}</p>
        {more.length > 0 && (
          <ul className={styles.more}>
            {more.map(line => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        )}
      </div>
    </li>
  )
}
