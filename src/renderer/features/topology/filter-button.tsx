import { ListFilter } from 'lucide-react'
import { useId } from 'react'
import { Button, Dialog, DialogTrigger, Popover, ToggleButton } from 'react-aria-components'
import type { Topology } from '../../../shared/schema/topology.ts'
import button from '../../components/button.module.css'
import { Button as OwnButton } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'
import { serviceName } from '../../strings/service-name.ts'
import styles from './filter-button.module.css'
import { choicesIn, type NodeFilter, openFilter, servicesIn } from './node-filter.ts'

interface FilterButtonProps {
  topology: Topology
  filter: NodeFilter
  /** How many nodes match. */
  found: number
  onChange: (filter: NodeFilter) => void
}

/** Opens what nodes can be picked out by, and tells how many kinds of choice hold. */
export function FilterButton({ topology, filter, found, onChange }: FilterButtonProps) {
  const words = strings.topology
  const chosen = choicesIn(filter)
  return (
    <DialogTrigger>
      <Button className={`${button.button} ${button.plain} ${styles.open}`} data-chosen={chosen > 0 || undefined}>
        <ListFilter size={15} aria-hidden />
        {words.filter.open}
        {chosen > 0 && <b>{words.filter.chosen({ count: chosen })}</b>}
      </Button>
      <Popover placement="bottom end" className={styles.popover ?? ''}>
        <Dialog className={styles.dialog ?? ''} aria-label={words.filter.title}>
          <Choices
            title={words.columns.role}
            options={(['worker', 'peer', 'coordinator'] as const).map(id => ({ id, label: words.role[id] }))}
            chosen={filter.roles}
            onChange={roles => onChange({ ...filter, roles })}
          />
          <Choices
            title={words.columns.state}
            options={[
              ...(['donating', 'paused', 'draining', 'left'] as const).map(id => ({ id, label: words.state[id] })),
              { id: 'none', label: words.notDonating },
            ]}
            chosen={filter.states}
            onChange={states => onChange({ ...filter, states })}
          />
          <Choices
            title={words.columns.path}
            options={[
              ...(['direct', 'vpn', 'tunnel', 'relay'] as const).map(id => ({ id, label: strings.path[id] })),
              { id: 'none', label: words.noPath },
            ]}
            chosen={filter.paths}
            onChange={paths => onChange({ ...filter, paths })}
          />
          <Choices
            title={words.columns.services}
            options={[...new Set([...servicesIn(topology), ...filter.services])].map(id => ({
              id,
              label: serviceName(id),
            }))}
            chosen={filter.services}
            onChange={services => onChange({ ...filter, services })}
          />
          <footer className={styles.foot}>
            <output>{words.filter.found({ found, total: topology.nodes.length })}</output>
            <OwnButton
              kind="quiet"
              isDisabled={chosen === 0}
              onPress={() => onChange({ ...openFilter, search: filter.search })}
            >
              {words.filter.clear}
            </OwnButton>
          </footer>
        </Dialog>
      </Popover>
    </DialogTrigger>
  )
}

interface ChoicesProps<Id extends string> {
  title: string
  options: readonly { id: Id; label: string }[]
  chosen: readonly Id[]
  onChange: (chosen: Id[]) => void
}

function Choices<Id extends string>({ title, options, chosen, onChange }: ChoicesProps<Id>) {
  const id = useId()
  if (options.length === 0) return null
  return (
    <section>
      <h2 id={id}>{title}</h2>
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot be laid out */}
      <div className={styles.choices} role="group" aria-labelledby={id}>
        {options.map(option => (
          <ToggleButton
            key={option.id}
            className={styles.choice ?? ''}
            isSelected={chosen.includes(option.id)}
            onChange={on => onChange(on ? [...chosen, option.id] : chosen.filter(each => each !== option.id))}
          >
            {option.label}
          </ToggleButton>
        ))}
      </div>
    </section>
  )
}
