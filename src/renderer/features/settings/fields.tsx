import { type ReactNode, useId, useState } from 'react'
import { Field, FieldPart } from '../../components/field.tsx'
import { Segments } from '../../components/segments.tsx'
import { Switch } from '../../components/switch.tsx'
import { formatPlainNumber, parseNumber } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { useLocale } from '../../strings/use-locale.ts'
import type { SettingPath } from './draft.ts'
import styles from './fields.module.css'
import { issueSentence } from './issue-sentence.ts'
import { useSetting } from './settings-context.tsx'

interface FieldProps {
  path: SettingPath
  label: string
  /** What it is for, and what follows from it. */
  hint?: string | undefined
}

interface NumberFieldProps extends FieldProps {
  unit: string
  /** Stands in an empty field: what no value means. Without it a value is needed. */
  none?: string
  /** What the value is multiplied with to be shown: 100 for shares, less than 1 for whole numbers in a larger unit. */
  factor?: number
}

/** A number with its unit. What cannot be read as one stays as it was typed, and is named. */
export function NumberField({ path, label, hint, unit, none, factor = 1 }: NumberFieldProps) {
  const { value, issue, change } = useSetting(path)
  const locale = useLocale()
  const [typed, setTyped] = useState<{ text: string; means: unknown; locale: string }>()
  // What was typed stands as it was, as long as it means the value.
  const kept = typed !== undefined && typed.means === value && typed.locale === locale
  const text = kept ? typed.text : shownNumber(value, factor)
  const type = (next: string) => {
    const number = parseNumber(next)
    const means =
      next.trim() === '' && none !== undefined ? undefined : number === undefined ? next : shareOf(number, factor)
    setTyped({ text: next, means, locale })
    change(means)
  }
  return (
    <Field label={label} hint={hint} error={issue && issueSentence(issue, undefined, factor)}>
      {({ field, described }) => (
        <span className={styles.number}>
          <input
            id={field}
            className={styles.input}
            inputMode="decimal"
            autoComplete="off"
            value={text}
            placeholder={none}
            aria-describedby={described}
            aria-invalid={issue !== undefined}
            onChange={event => type(event.target.value)}
          />
          <span className={styles.unit}>{unit}</span>
        </span>
      )}
    </Field>
  )
}

function shownNumber(value: unknown, factor: number): string {
  if (value === undefined) return ''
  return typeof value === 'number' ? formatPlainNumber(value * factor) : String(value)
}

/** Without the dust of dividing: 29 % is 0.29, and 0.3 MiB are whole bytes. */
function shareOf(number: number, factor: number): number {
  if (factor < 1) return Math.round(number / factor)
  return factor === 1 ? number : Number((number / factor).toFixed(6))
}

interface TextFieldProps extends FieldProps {
  /** The form of a value, for when it has another. */
  expected: string
  placeholder?: string
  suggestions?: readonly string[]
  isRequired?: boolean
  /** Over the whole width, below its name. */
  wide?: boolean
}

/** One line of text; an empty one is no value. */
export function TextField({
  path,
  label,
  hint,
  expected,
  placeholder,
  suggestions,
  isRequired = false,
  wide = false,
}: TextFieldProps) {
  const { value, issue, change } = useSetting(path)
  const listId = useId()
  return (
    <Field wide={wide} label={label} hint={hint} error={issue && issueSentence(issue, expected)}>
      {({ field, described }) => (
        <>
          <input
            id={field}
            className={styles.input}
            autoComplete="off"
            spellCheck={false}
            value={typeof value === 'string' ? value : ''}
            placeholder={placeholder}
            aria-describedby={described}
            aria-invalid={issue !== undefined}
            list={suggestions === undefined ? undefined : listId}
            onChange={({ target }) => change(target.value === '' && !isRequired ? undefined : target.value)}
          />
          {suggestions !== undefined && (
            <datalist id={listId}>
              {suggestions.map(each => (
                <option key={each} value={each} />
              ))}
            </datalist>
          )}
        </>
      )}
    </Field>
  )
}

interface ListFieldProps extends FieldProps {
  expected: string
  placeholder?: string
  /** An empty list is no value at all. */
  optional?: boolean
}

/** Values below each other, one a line. */
export function ListField({ path, label, hint, expected, placeholder, optional = false }: ListFieldProps) {
  const { value, issue, change } = useSetting(path)
  const entries = Array.isArray(value) ? value.map(String) : []
  const [typed, setTyped] = useState<string>()
  // Empty lines and blanks are kept while somebody types, and are no entries.
  const text = typed !== undefined && same(entriesOf(typed), entries) ? typed : entries.join('\n')
  const type = (next: string) => {
    setTyped(next)
    const read = entriesOf(next)
    change(optional && read.length === 0 ? undefined : read)
  }
  const line = issue === undefined ? undefined : issue.path.findLast(key => typeof key === 'number')
  const error = issue && issueSentence(issue, expected)
  return (
    <Field
      wide
      label={label}
      hint={hint}
      error={
        error !== undefined && typeof line === 'number'
          ? strings.settings.issue.inEntry({ entry: entries[line] ?? '', problem: error })
          : error
      }
    >
      {({ field, described }) => (
        <textarea
          id={field}
          className={styles.list}
          rows={Math.min(8, Math.max(2, text.split('\n').length))}
          spellCheck={false}
          value={text}
          placeholder={placeholder}
          aria-describedby={described}
          aria-invalid={issue !== undefined}
          onChange={event => type(event.target.value)}
        />
      )}
    </Field>
  )
}

function entriesOf(text: string): string[] {
  return text
    .split(/[\n,]/)
    .map(entry => entry.trim())
    .filter(Boolean)
}

function same(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((entry, index) => entry === other[index])
}

/** On or off. */
export function SwitchField({ path, label, hint }: FieldProps) {
  const { value, change } = useSetting(path)
  return (
    <Field label={label} hint={hint}>
      {({ field, labelledBy }) => (
        <Switch id={field} aria-labelledby={labelledBy} isSelected={value === true} onChange={change} />
      )}
    </Field>
  )
}

interface OptionalPartProps extends FieldProps {
  /** What it begins with when it is switched on. */
  initial: object
  /** What is wrong where its values do not go together. */
  expected?: string
  children: ReactNode
}

/** Values that are there together or not at all. */
export function OptionalPart({ path, label, hint, initial, expected, children }: OptionalPartProps) {
  const { value, issue, change } = useSetting(path)
  const together = issue?.code === 'custom' ? issueSentence(issue, expected) : undefined
  return (
    <>
      <Field label={label} hint={hint} error={together}>
        {({ field, labelledBy }) => (
          <Switch
            id={field}
            aria-labelledby={labelledBy}
            isSelected={value !== undefined}
            onChange={on => change(on ? initial : undefined)}
          />
        )}
      </Field>
      {value !== undefined && <FieldPart>{children}</FieldPart>}
    </>
  )
}

/** One of a few. */
export function ChoiceField<Id extends string>({
  path,
  label,
  hint,
  options,
}: FieldProps & { options: readonly { id: Id; label: string }[] }) {
  const { value, change } = useSetting(path)
  return (
    <Field namesItself label={label} hint={hint}>
      {() => <Segments label={label} options={options} value={value as Id} onChange={change} />}
    </Field>
  )
}
