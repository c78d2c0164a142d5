import { Blocks, RotateCw } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { EmptyState } from '../../components/empty-state.tsx'
import { Failure } from '../../components/failure.tsx'
import { Page } from '../../components/page.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { ServiceCard } from './service-card.tsx'
import styles from './services-page.module.css'

/** What this machine may do for others: what each service takes, how it stands, and what would help it. */
export default function ServicesPage() {
  const services = useNode(state => state.status?.services) ?? []
  const { run, busy, ready, error } = useAction()
  const words = strings.services
  return (
    <Page
      title={strings.page.services}
      tools={
        <Button isDisabled={!ready} onPress={() => run(client => client.hardware.probe())}>
          <RotateCw size={14} aria-hidden />
          {busy ? words.looking : words.lookAgain}
        </Button>
      }
    >
      <Failure what={words.lookFailed} error={error} />
      {services.length === 0 && <EmptyState icon={Blocks} title={words.none} />}
      <div className={styles.services}>
        {services.map(service => (
          <ServiceCard key={service.type} service={service} />
        ))}
      </div>
    </Page>
  )
}
