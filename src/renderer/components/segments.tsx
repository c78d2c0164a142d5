import type { Key } from 'react-aria-components'
import { ToggleButton, ToggleButtonGroup } from 'react-aria-components'
import styles from './segments.module.css'

interface SegmentsProps<Id extends string> {
  label: string
  options: readonly { id: Id; label: string }[]
  value: Id
  onChange: (value: Id) => void
  isDisabled?: boolean
}

/** One choice out of a few, all of them visible. */
export function Segments<Id extends string>({ label, options, value, onChange, isDisabled }: SegmentsProps<Id>) {
  const choose = (keys: Set<Key>) => {
    const chosen = options.find(option => keys.has(option.id))
    if (chosen !== undefined && chosen.id !== value) onChange(chosen.id)
  }
  return (
    <ToggleButtonGroup
      className={styles.segments ?? ''}
      aria-label={label}
      selectionMode="single"
      disallowEmptySelection
      selectedKeys={[value]}
      onSelectionChange={choose}
      isDisabled={isDisabled ?? false}
    >
      {options.map(option => (
        <ToggleButton key={option.id} id={option.id} className={styles.segment ?? ''}>
          {option.label}
        </ToggleButton>
      ))}
    </ToggleButtonGroup>
  )
}
