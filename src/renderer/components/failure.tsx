import styles from './failure.module.css'

interface FailureProps {
  error: Error | undefined
  /** What did not happen: stands before the reason. */
  what?: string
  /** Says it all in a sentence of its own. */
  sentence?: (failure: { message: string }) => string
}

/** Says why something that was asked for did not happen; nothing while it did. */
export function Failure({ error, what, sentence }: FailureProps) {
  if (error === undefined) return null
  const { message } = error
  return (
    <p className={styles.failure} role="alert">
      {sentence?.({ message }) ?? (what === undefined ? message : `${what}: ${message}`)}
    </p>
  )
}
