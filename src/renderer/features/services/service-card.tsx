import { CircleAlert, CircleCheck, CircleDashed, Lightbulb } from 'lucide-react'
import type { ServiceStatus } from '../../../shared/schema/service.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { Meter } from '../../components/meter.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { unavailabilityReason } from '../status/unavailability-reason.ts'
import { adviceSentence } from './advice-sentence.ts'
import styles from './service-card.module.css'
import { ServiceFacts } from './service-facts.tsx'

/** One service: its switch, how it stands, what would help, what it takes. */
export function ServiceCard({ service }: { service: ServiceStatus }) {
  const { run, ready, error } = useAction()
  const { type, enabled, running, slots, waiting, bound } = service
  const name = serviceName(type)
  const words = strings.services
  return (
    <Card
      title={name}
      aside={
        <span className={styles.aside}>
          <code>{type}</code>
          <Switch
            aria-label={words.toggle({ name })}
            isSelected={enabled}
            isDisabled={!ready}
            onChange={on => run(client => client.services.set({ type, enabled: on }))}
          />
        </span>
      }
    >
      <Standing service={service} />
      <Failure what={words.failed} error={error} />
      {service.unavailable === undefined && (
        <div className={styles.meters}>
          <Meter
            label={words.runningNow}
            share={slots === 0 ? 0 : running / slots}
            text={words.amountOf({ amount: running, most: slots })}
          />
          <Meter
            label={words.inQueue}
            share={bound === 0 ? 0 : waiting / bound}
            text={words.amountOf({ amount: waiting, most: bound })}
          />
        </div>
      )}
      <ServiceFacts service={service} />
    </Card>
  )
}

function Standing({ service: { enabled, unavailable, advice, running } }: { service: ServiceStatus }) {
  const donating = useNode(state => state.status?.donating ?? false)
  const { run, ready, error } = useAction()
  const words = strings.services
  const kind = !enabled ? 'off' : unavailable === undefined ? 'good' : 'bad'
  const Icon = { off: CircleDashed, good: CircleCheck, bad: CircleAlert }[kind]
  const sentence =
    unavailable !== undefined
      ? unavailabilityReason(unavailable)
      : running > 0
        ? words.atWork
        : donating
          ? words.ready
          : words.offered
  return (
    <div className={styles.standing} data-kind={kind}>
      <p>
        <Icon size={17} aria-hidden />
        <span>{sentence}</span>
      </p>
      {enabled && advice !== undefined && (
        <p className={styles.advice}>
          <Lightbulb size={17} aria-label={words.whatHelps} />
          <span>
            {adviceSentence(advice)}
            {advice.kind === 'wait-or-read-log' && (
              <>
                {' '}
                <a href="#/logs">{words.openLogs}</a>
              </>
            )}
          </span>
        </p>
      )}
      {advice?.kind === 'resume-gpu' && (
        <Button isDisabled={!ready} onPress={() => run(client => client.donation.resumeGpu())}>
          {words.resumeGpu}
        </Button>
      )}
      <Failure what={words.failed} error={error} />
    </div>
  )
}
