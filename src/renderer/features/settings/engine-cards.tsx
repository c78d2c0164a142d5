import { Plus } from 'lucide-react'
import { type FormEvent, useState } from 'react'
import { serviceTypeSchema } from '../../../shared/schema/primitives.ts'
import { engineSettingsSchema, upstreamSettingsSchema } from '../../../shared/schema/service-settings.ts'
import { defaultSettings } from '../../../shared/schema/settings.ts'
import { Button } from '../../components/button.tsx'
import { Card } from '../../components/card.tsx'
import { Field, FieldPart } from '../../components/field.tsx'
import { useNode } from '../../store/node-context.tsx'
import { formatPlainNumber } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './engine-cards.module.css'
import input from './fields.module.css'
import { ListField, NumberField, SwitchField, TextField } from './fields.tsx'
import { PlaceList } from './place-list.tsx'
import { useSetting } from './settings-context.tsx'

const bytesInMiB = 1_048_576
const engineDefaults = engineSettingsSchema.parse({})
const upstreamDefaults = upstreamSettingsSchema.parse({ url: 'http://127.0.0.1/' })
/** The same in every language. */
const example = {
  url: 'http://127.0.0.1:8101/chat',
  host: 'gpu-box.lan',
  mediaType: 'application/json',
  health: upstreamDefaults.health,
  service: 'chat',
}

/** Where language engines are looked for, and which of their models are used. */
export function EnginesCard() {
  const services = useNode(state => state.status?.services) ?? []
  const modelsOf = (type: string) => services.find(service => service.type === type)?.models ?? []
  const words = strings.settings.engines
  return (
    <Card title={words.title}>
      <PlaceList />
      <TextField
        path="engines.model"
        label={words.model}
        hint={words.modelHint}
        expected={words.modelExpected}
        placeholder={words.bestThatFits}
        suggestions={modelsOf('llm-inference')}
      />
      <TextField
        path="engines.visionModel"
        label={words.visionModel}
        expected={words.modelExpected}
        placeholder={words.bestThatFits}
        suggestions={modelsOf('vision-ocr')}
      />
      <NumberField
        path="engines.maxTokens"
        label={words.maxTokens}
        hint={words.maxTokensHint}
        unit={words.tokens}
        none={formatPlainNumber(engineDefaults.maxTokens)}
      />
    </Card>
  )
}

/** The owner's own servers that do the work of services. */
export function UpstreamsCard() {
  const { value } = useSetting('services')
  const services = Object.entries((value ?? {}) as Record<string, { upstream?: unknown }>)
  const words = strings.settings.upstreams
  return (
    <Card title={words.title}>
      <p className={styles.lead}>{words.lead}</p>
      {services.flatMap(([type, { upstream }]) => (upstream === undefined ? [] : <Upstream key={type} type={type} />))}
      <AddUpstream taken={services.flatMap(([type, { upstream }]) => (upstream === undefined ? [] : type))} />
    </Card>
  )
}

/** One server: where it is first, the rest folded away, as it seldom changes. */
function Upstream({ type }: { type: string }) {
  const { value, change } = useSetting(`services.${type}`)
  const words = strings.settings.upstreams
  const at = `services.${type}.upstream` as const
  const remove = () => {
    const { upstream: _, ...rest } = (value ?? {}) as Record<string, unknown>
    // A service of the owner's own goes with its server; one that is built in goes back to what is built in.
    change(Object.hasOwn(defaultSettings.services, type) ? { enabled: false, ...rest } : undefined)
  }
  return (
    <section className={styles.upstream} aria-label={serviceName(type)}>
      <header className={styles.head}>
        <h3>
          {serviceName(type)} <code>{type}</code>
        </h3>
        <Button kind="quiet" aria-label={words.removeNamed({ name: serviceName(type) })} onPress={remove}>
          {words.remove}
        </Button>
      </header>
      <TextField
        isRequired
        wide
        path={`${at}.url`}
        label={words.url}
        hint={words.urlHint}
        expected={words.urlExpected}
        placeholder={example.url}
      />
      <details className={styles.more}>
        <summary>{words.more}</summary>
        <FieldPart>
          <ListField
            optional
            path={`${at}.hosts`}
            label={words.hosts}
            hint={words.hostsHint}
            expected={words.hostsExpected}
            placeholder={example.host}
          />
          <TextField
            path={`${at}.health`}
            label={words.health}
            hint={words.healthHint}
            expected={words.healthExpected}
            placeholder={example.health}
          />
          <ListField
            optional
            path={`${at}.accepts`}
            label={words.accepts}
            hint={words.acceptsHint}
            expected={words.acceptsExpected}
            placeholder={example.mediaType}
          />
          <NumberField
            path={`${at}.maxBytes`}
            label={words.maxBytes}
            unit="MiB"
            factor={1 / bytesInMiB}
            none={formatPlainNumber(upstreamDefaults.maxBytes / bytesInMiB)}
          />
          <NumberField
            path={`${at}.maxAnswerBytes`}
            label={words.maxAnswerBytes}
            unit="MiB"
            factor={1 / bytesInMiB}
            none={formatPlainNumber(upstreamDefaults.maxAnswerBytes / bytesInMiB)}
          />
          <SwitchField path={`${at}.idempotent`} label={words.idempotent} hint={words.idempotentHint} />
          <NumberField
            path={`${at}.needs.memoryMiB`}
            label={words.memory}
            hint={words.memoryHint}
            unit="MiB"
            none={words.nothing}
          />
          <NumberField path={`${at}.needs.vramMiB`} label={words.vram} unit="MiB" none={words.nothing} />
          <NumberField
            path={`${at}.stallSeconds`}
            label={words.stall}
            hint={words.stallHint}
            unit={strings.settings.inUse.seconds}
            none={formatPlainNumber(upstreamDefaults.stallSeconds)}
          />
        </FieldPart>
      </details>
    </section>
  )
}

function AddUpstream({ taken }: { taken: readonly string[] }) {
  const { value, change } = useSetting('services')
  const [name, setName] = useState('')
  const words = strings.settings.upstreams
  const read = serviceTypeSchema.safeParse(name.trim())
  const problem =
    name.trim() === ''
      ? undefined
      : !read.success
        ? strings.settings.issue.expected({ what: words.nameExpected })
        : taken.includes(read.data)
          ? words.alreadyThere
          : undefined
  const add = (event: FormEvent) => {
    event.preventDefault()
    if (!read.success || problem !== undefined) return
    const services = (value ?? {}) as Record<string, object>
    change({
      ...services,
      [read.data]: { ...services[read.data], enabled: true, upstream: { url: `http://127.0.0.1:8101/${read.data}` } },
    })
    setName('')
  }
  return (
    <form onSubmit={add}>
      <Field wide label={words.add} hint={words.addHint} error={problem}>
        {({ field, described }) => (
          <div className={styles.add}>
            <input
              id={field}
              className={input.input}
              autoComplete="off"
              spellCheck={false}
              value={name}
              placeholder={example.service}
              aria-describedby={described}
              aria-invalid={problem !== undefined}
              onChange={({ target }) => setName(target.value)}
            />
            <Button type="submit" isDisabled={name.trim() === '' || problem !== undefined}>
              <Plus size={15} aria-hidden />
              {words.addShort}
            </Button>
          </div>
        )}
      </Field>
    </form>
  )
}
