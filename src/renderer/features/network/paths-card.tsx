import { Cable } from 'lucide-react'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatDuration, shortPeerId } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './figures.module.css'
import { type PeerPath, pathsInUse, peerPaths } from './paths-in-use.ts'

const words = strings.network.paths

/** Peers listed; the slowest. */
const shownPeers = 8

/** On which ways this node is connected with its peers. */
export function PathsCard() {
  const topology = useNode(state => state.topology)
  const paths = topology === undefined ? [] : pathsInUse(topology)
  const peers = topology === undefined ? [] : peerPaths(topology)
  return (
    <Card title={words.title}>
      {paths.length === 0 ? (
        <EmptyState icon={Cable} title={words.none} hint={words.noneHint} />
      ) : (
        <>
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
          <PeersTable peers={peers} />
        </>
      )}
    </Card>
  )
}

function PeersTable({ peers }: { peers: PeerPath[] }) {
  const more = peers.length - shownPeers
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">{words.peer}</th>
          <th scope="col">{words.path}</th>
          <th scope="col">{words.latency}</th>
        </tr>
      </thead>
      <tbody>
        {peers.slice(0, shownPeers).map(({ peerId, path, rttMs }) => (
          <tr key={peerId}>
            <th scope="row">
              <code title={peerId}>{shortPeerId(peerId)}</code>
            </th>
            <td>{strings.path[path]}</td>
            <td>{rttMs === undefined ? '–' : formatDuration(rttMs)}</td>
          </tr>
        ))}
      </tbody>
      {more > 0 && <caption className={styles.more}>{words.more({ count: more })}</caption>}
    </table>
  )
}
