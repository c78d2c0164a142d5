import { strings } from '../../strings/index.ts'
import { ServiceList } from '../status/services-card.tsx'
import styles from './services-step.module.css'

/** What the machine may do for others. */
export function ServicesStep() {
  return (
    <>
      <ServiceList />
      <p className={styles.note}>{strings.welcome.servicesNote}</p>
    </>
  )
}
