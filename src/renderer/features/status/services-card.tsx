import { TriangleAlert } from 'lucide-react'
import type { ServiceStatus } from '../../../shared/schema/service.ts'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './services-card.module.css'
import { unavailabilityReason } from './unavailability-reason.ts'

/** What this machine may do for others. */
export function ServicesCard() {
  return (
    <Card title={strings.services.title}>
      <ServiceList />
    </Card>
  )
}

/** Each service with its switch and, where it cannot run, the reason. */
export function ServiceList() {
  const services = useNode(state => state.status?.services) ?? []
  const donating = useNode(state => state.status?.donating ?? false)
  if (services.length === 0) return <p className={styles.state}>{strings.services.none}</p>
  return (
    <ul className={styles.services}>
      {services.map(service => (
        <ServiceRow key={service.type} service={service} donating={donating} />
      ))}
    </ul>
  )
}

function ServiceRow({ service, donating }: { service: ServiceStatus; donating: boolean }) {
  const { run, ready, error } = useAction()
  const name = serviceName(service.type)
  const bad = service.enabled && service.unavailable !== undefined
  return (
    <li className={styles.service}>
      <div className={styles.words}>
        <p className={styles.name}>
          {name} <code>{service.type}</code>
        </p>
        <p className={styles.state} data-bad={bad || undefined}>
          {bad && <TriangleAlert size={14} aria-hidden />}
          <span>{serviceState(service, donating)}</span>
        </p>
        <Failure what={strings.services.failed} error={error} />
      </div>
      <Switch
        aria-label={strings.services.toggle({ name })}
        isSelected={service.enabled}
        isDisabled={!ready}
        onChange={enabled => run(client => client.services.set({ type: service.type, enabled }))}
      />
    </li>
  )
}

function serviceState(service: ServiceStatus, donating: boolean): string {
  const words = strings.services
  if (!service.enabled) return words.disabled
  if (service.unavailable !== undefined) return unavailabilityReason(service.unavailable)
  if (service.running > 0) {
    const busy = words.busy({ running: service.running, slots: service.slots })
    return service.waiting > 0 ? `${busy}, ${words.waiting({ count: service.waiting })}` : busy
  }
  return donating ? words.idle({ slots: service.slots }) : words.offered
}
