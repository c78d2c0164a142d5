import type { ServiceStatus } from '../../../shared/schema/service.ts'
import { type Fact, Facts } from '../../components/facts.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { formatCount, formatMebibytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './service-card.module.css'

/** Requests at once that can be chosen. */
const slotChoices = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64]

/** What a service takes and works with. */
export function ServiceFacts({ service }: { service: ServiceStatus }) {
  const upstream = useNode(state => state.settings?.services[service.type]?.upstream)
  const { needs, models, languages } = service
  const words = strings.services
  const others = languages?.installed.filter(code => !languages.chosen.includes(code)) ?? []
  const missing = languages?.chosen.filter(code => !languages.installed.includes(code)) ?? []
  const facts: Fact[] = [
    { name: words.needs, value: needsSentence(needs) },
    {
      name: words.runsOn,
      value: (
        <>
          {words.engine[needs.engine]}
          {upstream !== undefined && <code className={styles.place}>{upstream.url}</code>}
        </>
      ),
    },
    { name: words.atOnce, value: <Slots service={service} /> },
    {
      name: words.models,
      value: models === undefined ? undefined : models.length === 0 ? words.noModels : <List items={models} />,
    },
    {
      name: words.languages,
      value: languages && (
        <>
          <List items={languages.chosen} />
          {missing.length > 0 && (
            <div className={styles.failed}>{words.notInstalled({ codes: missing.join(', ') })}</div>
          )}
          {others.length > 0 && <div>{words.onRequest({ codes: others.join(', ') })}</div>}
        </>
      ),
    },
  ]
  return (
    <div className={styles.facts}>
      <Facts facts={facts} />
    </div>
  )
}

function needsSentence({ memoryMiB, vramMiB, gpuHelps }: ServiceStatus['needs']): string {
  const words = strings.services
  if (memoryMiB === 0 && vramMiB === 0)
    return gpuHelps ? `${words.needsNothing} · ${words.cardHelps}` : words.needsNothing
  const parts = [
    memoryMiB > 0 ? words.memoryEach({ memory: formatMebibytes(memoryMiB) }) : '',
    vramMiB > 0 ? words.cardWith({ memory: formatMebibytes(vramMiB) }) : '',
  ]
  const needed = parts.filter(Boolean).join(', ')
  return vramMiB === 0 && gpuHelps ? `${needed} · ${words.cardHelps}` : needed
}

function List({ items }: { items: readonly string[] }) {
  return (
    <ul className={styles.list}>
      {items.map(item => (
        <li key={item}>
          <code>{item}</code>
        </li>
      ))}
    </ul>
  )
}

/** How many requests may run at once; automatic where the owner has chosen nothing. */
function Slots({ service: { type, slots } }: { service: ServiceStatus }) {
  const services = useNode(state => state.settings?.services)
  const { run, ready, error } = useAction()
  const words = strings.services
  const chosen = services?.[type]?.slots
  const choices = chosen === undefined || slotChoices.includes(chosen) ? slotChoices : [chosen, ...slotChoices]
  const choose = (value: string) => {
    if (services === undefined) return
    const { slots: _, ...rest } = services[type] ?? { enabled: false }
    const service = value === '' ? rest : { ...rest, slots: Number(value) }
    void run(client => client.settings.update({ services: { ...services, [type]: service } }))
  }
  return (
    <>
      <select
        className={styles.select}
        aria-label={words.atOnceOf({ name: serviceName(type) })}
        value={chosen ?? ''}
        disabled={!ready || services === undefined}
        onChange={event => choose(event.target.value)}
      >
        <option value="">{chosen === undefined ? words.automatic({ slots }) : words.automaticPlain}</option>
        {choices.map(count => (
          <option key={count} value={count}>
            {formatCount(count)}
          </option>
        ))}
      </select>
      <Failure error={error} />
    </>
  )
}
