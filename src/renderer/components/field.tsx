import { type ReactNode, useId } from 'react'
import styles from './field.module.css'

export interface FieldIds {
  /** For the control's `id`: the name then belongs to it. */
  field: string
  labelledBy: string
  /** For `aria-describedby`; missing where nothing is said. */
  described: string | undefined
}

interface FieldProps {
  label: string
  /** What it is for, and what follows from it. */
  hint?: string | undefined
  error?: string | undefined
  /** The control stands below the words, over the whole width. */
  wide?: boolean
  /** The control is none that a label can belong to: it names itself. */
  namesItself?: boolean
  children: (ids: FieldIds) => ReactNode
}

/** A value with its name, its explanation, and what is wrong with it. */
export function Field({ label, hint, error, wide = false, namesItself = false, children }: FieldProps) {
  const id = useId()
  const described = [hint === undefined ? '' : `${id}-hint`, error === undefined ? '' : `${id}-error`].join(' ').trim()
  return (
    <div className={styles.field} data-wide={wide || undefined}>
      <div>
        {namesItself ? (
          <p className={styles.name}>{label}</p>
        ) : (
          <label className={styles.name} id={`${id}-label`} htmlFor={id}>
            {label}
          </label>
        )}
        {hint !== undefined && (
          <p id={`${id}-hint`} className={styles.hint}>
            {hint}
          </p>
        )}
      </div>
      <div className={styles.control}>
        {children({ field: id, labelledBy: `${id}-label`, described: described || undefined })}
        {error !== undefined && (
          <p id={`${id}-error`} className={styles.error} role="alert">
            {error}
          </p>
        )}
      </div>
    </div>
  )
}

/** Fields below one that they belong to. */
export function FieldPart({ children }: { children: ReactNode }) {
  return <div className={styles.part}>{children}</div>
}

/** Around fields: they stand beside their names where there is room. */
export function FieldGroup({ children }: { children: ReactNode }) {
  return <div className={styles.group}>{children}</div>
}
