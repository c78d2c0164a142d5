import { Cable } from 'lucide-react'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './figures.module.css'
import { pathsInUse } from './paths-in-use.ts'

const words = strings.network.paths

/** On which ways this node is connected with its peers. */
export function PathsCard() {
  const topology = useNode(state => state.topology)
  const paths = topology === undefined ? [] : pathsInUse(topology)
  return (
    <Card title={words.title}>
      {paths.length === 0 ? (
        <EmptyState icon={Cable} title={words.none} hint={words.noneHint} />
      ) : (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{words.path}</th>
              <th scope="col">{words.peers}</th>
              <th scope="col">{words.latency}</th>
            </tr>
          </thead>
          <tbody>
            {paths.map(({ path, peers, rttMs }) => (
              <tr key={path}>
                <th scope="row">{strings.path[path]}</th>
                <td>{peers}</td>
                <td>{rttMs === undefined ? '–' : formatDuration(rttMs)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  )
}
