import { Badge } from '../../components/badge.tsx'
import { Card } from '../../components/card.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import { ListField, NumberField, OptionalPart, SwitchField, TextField } from './fields.tsx'

/** The same in every language. */
const example = {
  language: 'eng',
  seed: '/dns4/node.example.org/tcp/8468/p2p/12D3KooW…',
  coordinator: 'https://coordinator.example.org',
  address: '0.0.0.0',
}

/** How many requests each service takes at once. */
export function ServicesCard() {
  const services = useNode(state => state.status?.services) ?? []
  const words = strings.settings.services
  return (
    <Card title={words.title}>
      {services.map(({ type, slots, enabled }) => (
        <NumberField
          key={type}
          path={`services.${type}.slots`}
          label={serviceName(type)}
          hint={enabled ? undefined : strings.services.disabled}
          unit={words.atOnce}
          none={words.automatic({ slots })}
        />
      ))}
    </Card>
  )
}

/** How documents are read and this node's own requests are sent. */
export function RequestsCard() {
  const words = strings.settings.requests
  return (
    <Card title={words.title}>
      <SwitchField path="requests.hedging" label={words.hedging} hint={words.hedgingHint} />
      <SwitchField path="requests.spotChecks" label={words.spotChecks} hint={words.spotChecksHint} />
      <ListField
        optional
        path="reading.languages"
        label={words.languages}
        hint={words.languagesHint}
        expected={words.languagesExpected}
        placeholder={example.language}
      />
    </Card>
  )
}

/** Which network this node is in, and how it finds it. */
export function NetworkCard() {
  const words = strings.settings.network
  return (
    <Card title={words.title} aside={<Badge>{strings.settings.afterRestart}</Badge>}>
      <TextField path="location" label={words.location} hint={words.locationHint} expected={words.locationExpected} />
      <TextField
        isRequired
        path="network.name"
        label={words.name}
        hint={words.nameHint}
        expected={words.nameExpected}
      />
      <SwitchField path="network.mdns" label={words.mdns} hint={words.mdnsHint} />
      <SwitchField path="network.portMapping" label={words.portMapping} hint={words.portMappingHint} />
      <SwitchField path="network.relay" label={words.relay} hint={words.relayHint} />
      <ListField
        path="network.seeds"
        label={words.seeds}
        hint={words.seedsHint}
        expected={words.seedsExpected}
        placeholder={example.seed}
      />
      <ListField
        optional
        path="network.coordinatorUrls"
        label={words.coordinators}
        hint={words.coordinatorsHint}
        expected={words.coordinatorsExpected}
        placeholder={example.coordinator}
      />
      <ListField
        path="network.listen"
        label={words.listen}
        hint={words.listenHint}
        expected={words.listenExpected}
        placeholder={example.address}
      />
    </Card>
  )
}

/** How what was given is kept and reckoned. */
export function ContributionCard() {
  const words = strings.settings.contribution
  return (
    <Card title={words.title}>
      <NumberField path="contribution.keepDays" label={words.keep} hint={words.keepHint} unit={words.days} />
      <NumberField path="contribution.wattsPerThread" label={words.watts} hint={words.wattsHint} unit="W" />
      <NumberField path="contribution.gpuWatts" label={words.gpuWatts} unit="W" />
      <OptionalPart
        path="contribution.price"
        label={words.price}
        hint={words.priceHint}
        initial={{ amount: 0.3, currency: words.ownCurrency }}
      >
        <NumberField path="contribution.price.amount" label={words.amount} unit={words.perKwh} />
        <TextField
          isRequired
          path="contribution.price.currency"
          label={words.currency}
          expected={words.currencyExpected}
        />
      </OptionalPart>
    </Card>
  )
}
