import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { second } from '../../shared/units.ts'
import { strings } from '../strings/index.ts'
import { Button } from './button.tsx'
import styles from './copy-button.module.css'

const confirmationTime = 2 * second

interface CopyButtonProps {
  label: string
  /** Asked for when pressed. */
  text: () => string
  /** Shows the label beside the icon. */
  withLabel?: boolean
}

/** Copies text and says whether it did. */
export function CopyButton({ label, text, withLabel = false }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<'done' | 'failed'>()
  useEffect(() => {
    if (outcome !== 'done') return
    const timer = setTimeout(() => setOutcome(undefined), confirmationTime)
    return () => clearTimeout(timer)
  }, [outcome])
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text())
      setOutcome('done')
    } catch (error) {
      console.info('The browser did not let the page copy.', error)
      setOutcome('failed')
    }
  }
  const copied = outcome === 'done'
  const shown = copied ? strings.copy.done : label
  return (
    <>
      <Button kind={withLabel ? 'plain' : 'icon'} aria-label={shown} onPress={copy}>
        {copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
        {withLabel && shown}
      </Button>
      {outcome === 'failed' && (
        <span role="alert" className={styles.failed}>
          {strings.copy.failed}
        </span>
      )}
    </>
  )
}
