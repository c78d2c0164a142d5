import { strings } from '../../strings/index.ts'
import { NetworkCard } from '../status/network-card.tsx'
import page from '../status/status-page.module.css'
import { PathsCard } from './paths-card.tsx'
import { ReachabilityCard } from './reachability-card.tsx'
import { RequestsCard } from './requests-card.tsx'
import { WaysInCard } from './ways-in-card.tsx'

export default function NetworkPage() {
  return (
    <div className={page.page}>
      <h1 className={page.title}>{strings.page.network}</h1>
      <div className={page.columns}>
        <div className={page.stack}>
          <ReachabilityCard />
          <RequestsCard />
        </div>
        <div className={page.stack}>
          <NetworkCard />
          <WaysInCard />
          <PathsCard />
        </div>
      </div>
    </div>
  )
}
