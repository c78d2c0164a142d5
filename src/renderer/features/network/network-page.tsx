import { Columns, Page } from '../../components/page.tsx'
import { strings } from '../../strings/index.ts'
import { NetworkCard } from '../status/network-card.tsx'
import { PathsCard } from './paths-card.tsx'
import { ReachabilityCard } from './reachability-card.tsx'
import { RequestsCard } from './requests-card.tsx'
import { WaysInCard } from './ways-in-card.tsx'

export default function NetworkPage() {
  return (
    <Page title={strings.page.network}>
      <Columns
        main={
          <>
            <ReachabilityCard />
            <RequestsCard />
          </>
        }
        aside={
          <>
            <NetworkCard />
            <WaysInCard />
            <PathsCard />
          </>
        }
      />
    </Page>
  )
}
