import { Check, TriangleAlert } from 'lucide-react'
import { Button } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'
import styles from './save-bar.module.css'

interface SaveBarProps {
  isChanged: boolean
  isValid: boolean
  canUndo: boolean
  busy: boolean
  ready: boolean
  error: Error | undefined
  onSave: () => void
  onDiscard: () => void
  onUndo: () => void
}

/** Says that something is not saved, or was saved just now, with the way back from both. */
export function SaveBar({ isChanged, isValid, canUndo, busy, ready, error, onSave, onDiscard, onUndo }: SaveBarProps) {
  const words = strings.settings.bar
  if (!isChanged && !canUndo && error === undefined) return null
  return (
    <section className={styles.bar} aria-label={words.label}>
      <p className={styles.words} role="status">
        {error !== undefined ? (
          <>
            <TriangleAlert size={16} aria-hidden />
            {words.failed({ message: error.message })}
          </>
        ) : isChanged ? (
          isValid ? (
            words.changed
          ) : (
            <>
              <TriangleAlert size={16} aria-hidden />
              {words.invalid}
            </>
          )
        ) : (
          <>
            <Check size={16} aria-hidden />
            {words.saved}
          </>
        )}
      </p>
      {isChanged && (
        <>
          <Button kind="quiet" isDisabled={busy} onPress={onDiscard}>
            {words.discard}
          </Button>
          <Button kind="primary" isDisabled={!ready || !isValid} onPress={onSave}>
            {words.save}
          </Button>
        </>
      )}
      {!isChanged && canUndo && (
        <Button isDisabled={!ready} onPress={onUndo}>
          {words.undo}
        </Button>
      )}
    </section>
  )
}
