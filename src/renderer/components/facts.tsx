import type { ReactNode } from 'react'
import styles from './facts.module.css'

export interface Fact {
  name: string
  /** A fact without a value is left out. */
  value: ReactNode
}

interface FactsProps {
  facts: readonly Fact[]
  /** `rows` ends each value at the edge, with a line between; `tiles` puts names over values, side by side. */
  form?: 'columns' | 'rows' | 'tiles'
}

/** Names with their values. */
export function Facts({ facts, form = 'columns' }: FactsProps) {
  return (
    <dl className={styles.facts} data-form={form}>
      {facts.map(
        ({ name, value }) =>
          value !== undefined && (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ),
      )}
    </dl>
  )
}
