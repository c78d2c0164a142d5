import { Columns, Page } from '../../components/page.tsx'
import { strings } from '../../strings/index.ts'
import { Counters } from './counters.tsx'
import { DonateCard } from './donate-card.tsx'
import { MachineCard } from './machine-card.tsx'
import { NetworkCard } from './network-card.tsx'
import { RecentJobs } from './recent-jobs.tsx'
import { RunningJobs } from './running-jobs.tsx'
import { ServicesCard } from './services-card.tsx'

export default function StatusPage() {
  return (
    <Page title={strings.page.status}>
      <DonateCard />
      <Counters />
      <Columns
        main={
          <>
            <RunningJobs />
            <RecentJobs />
          </>
        }
        aside={
          <>
            <MachineCard />
            <ServicesCard />
            <NetworkCard />
          </>
        }
      />
    </Page>
  )
}
