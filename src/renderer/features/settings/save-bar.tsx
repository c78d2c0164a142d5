import { Check, TriangleAlert } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
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
  onSave: () => Promise<unknown>
  onDiscard: () => void
  onUndo: () => Promise<unknown>
}

/** Says that something is not saved, or was saved just now, with the way back from both; else an empty place at the end of the page. */
export function SaveBar({ isChanged, isValid, canUndo, busy, ready, error, onSave, onDiscard, onUndo }: SaveBarProps) {
  const words = strings.settings.bar
  const offered = isChanged ? 'save' : canUndo ? 'undo' : 'nothing'
  const isShown = offered !== 'nothing' || error !== undefined
  const bar = useRef<HTMLElement>(null)
  const undo = useRef<HTMLButtonElement>(null)
  const [pressed, setPressed] = useState(0)
  // What was pressed is gone then: the keyboard goes on from what takes it back, or from where it was.
  useEffect(() => {
    if (pressed > 0 && document.activeElement === document.body) (undo.current ?? bar.current)?.focus()
  }, [pressed])
  const press = async (action: () => unknown) => {
    await action()
    setPressed(times => times + 1)
  }
  return (
    <section
      ref={bar}
      tabIndex={-1}
      className={isShown ? styles.bar : styles.place}
      {...(isShown ? { 'aria-label': words.label } : {})}
    >
      <p className={styles.words} role="status">
        {error !== undefined ? (
          <Said icon={TriangleAlert} text={words.failed({ message: error.message })} />
        ) : offered === 'undo' ? (
          <Said icon={Check} text={words.saved} />
        ) : (
          offered === 'save' && (isValid ? words.changed : <Said icon={TriangleAlert} text={words.invalid} />)
        )}
      </p>
      {offered === 'save' && (
        <>
          <Button kind="quiet" isDisabled={busy} onPress={() => press(onDiscard)}>
            {words.discard}
          </Button>
          <Button kind="primary" isDisabled={!ready || !isValid} onPress={() => press(onSave)}>
            {words.save}
          </Button>
        </>
      )}
      {offered === 'undo' && (
        <Button ref={undo} isDisabled={!ready} onPress={() => press(onUndo)}>
          {words.undo}
        </Button>
      )}
    </section>
  )
}

function Said({ icon: Icon, text }: { icon: typeof Check; text: string }) {
  return (
    <>
      <Icon size={16} aria-hidden />
      {text}
    </>
  )
}
