import { strings } from '../../strings/index.ts'
import { Counters } from './counters.tsx'
import { DonateCard } from './donate-card.tsx'
import { MachineCard } from './machine-card.tsx'
import { NetworkCard } from './network-card.tsx'
import { RecentJobs } from './recent-jobs.tsx'
import { RunningJobs } from './running-jobs.tsx'
import { ServicesCard } from './services-card.tsx'
import styles from './status-page.module.css'

export default function StatusPage() {
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>{strings.page.status}</h1>
      <DonateCard />
      <Counters />
      <div className={styles.columns}>
        <div className={styles.stack}>
          <RunningJobs />
          <RecentJobs />
        </div>
        <div className={styles.stack}>
          <MachineCard />
          <ServicesCard />
          <NetworkCard />
        </div>
      </div>
    </div>
  )
}
