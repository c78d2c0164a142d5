import { Route } from 'lucide-react'
import { latencyQuantile, type RoutingReport } from '../../../shared/schema/routing.ts'
import { Badge } from '../../components/badge.tsx'
import { Card } from '../../components/card.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useLastEnd } from '../../store/use-last-end.ts'
import { formatCount, formatDuration, formatShare, shortPeerId } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './figures.module.css'

const words = strings.network.requests
/** Workers listed; the ones asked most. */
const shownWorkers = 8

const report = (client: NodeClient) => client.network.statistics()

/** How the requests made at this node were answered since it started, asked for anew with each that ends. */
export function RequestsCard() {
  const ended = useLastEnd()
  const { value, error } = useAnswer(report, ended)
  return (
    <Card title={words.title}>
      <Failure error={error} />
      {value?.services.length === 0 && <EmptyState icon={Route} title={words.none} hint={words.noneHint} />}
      {value !== undefined && value.services.length > 0 && <Figures report={value} />}
    </Card>
  )
}

function Figures({ report: { totals, services, paths, workers } }: { report: RoutingReport }) {
  const figures: [string, string][] = [
    [words.local, formatCount(totals.localRequests)],
    [words.forwarded, formatCount(totals.forwardedRequests)],
    [words.coordinator, formatCount(totals.coordinatorRequests)],
    [words.failed, formatCount(totals.failedRequests)],
    [words.retried, formatCount(totals.retriedRequests)],
    [words.cacheHitRate, formatShare(totals.cacheHitRate)],
  ]
  const busiest = workers.toSorted((a, b) => b.answers - a.answers).slice(0, shownWorkers)
  return (
    <>
      <dl className={styles.figures}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{words.service}</th>
            <th scope="col">{words.answers}</th>
            <th scope="col">{words.half}</th>
            <th scope="col">{words.most}</th>
          </tr>
        </thead>
        <tbody>
          {services.map(({ service, latency }) => (
            <LatencyRow key={service} name={serviceName(service)} latency={latency} />
          ))}
        </tbody>
        <tbody>
          {paths.map(({ path, latency }) => (
            <LatencyRow key={path} name={words.byPath({ path: strings.path[path] })} latency={latency} />
          ))}
        </tbody>
      </table>
      {busiest.length > 0 && (
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">{words.worker}</th>
              <th scope="col">{words.answers}</th>
              <th scope="col">{words.mean}</th>
              <th scope="col">{words.circuit}</th>
            </tr>
          </thead>
          <tbody>
            {busiest.map(({ worker, answers, meanMs, circuit, trust }) => (
              <tr key={worker}>
                <th scope="row">
                  <code title={worker}>{shortPeerId(worker)}</code>
                </th>
                <td>{formatCount(answers)}</td>
                <td>{answers === 0 ? '–' : formatDuration(meanMs)}</td>
                <td>
                  {trust === 'doubted' || trust === 'distrusted' ? (
                    <Badge tone="warn" title={words.trustHint[trust]}>
                      {words.trust[trust]}
                    </Badge>
                  ) : (
                    <Badge tone={circuit === 'closed' ? 'good' : 'warn'} title={words.circuitHint[circuit]}>
                      {words.circuitState[circuit]}
                    </Badge>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  )
}

function LatencyRow({ name, latency }: { name: string; latency: RoutingReport['services'][number]['latency'] }) {
  const quantile = (share: number) => (latency.count === 0 ? '–' : formatDuration(latencyQuantile(latency, share)))
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{formatCount(latency.count)}</td>
      <td>{quantile(0.5)}</td>
      <td>{quantile(0.95)}</td>
    </tr>
  )
}
