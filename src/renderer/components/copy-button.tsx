import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { second } from '../../shared/units.ts'
import { strings } from '../strings/index.ts'
import { Button } from './button.tsx'

const confirmationTime = 2 * second

interface CopyButtonProps {
  label: string
  /** Asked for when pressed. */
  text: () => string
  /** Shows the label beside the icon. */
  withLabel?: boolean
}

/** Copies text and says that it did. */
export function CopyButton({ label, text, withLabel = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), confirmationTime)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    await navigator.clipboard.writeText(text())
    setCopied(true)
  }
  const shown = copied ? strings.logs.copied : label
  return (
    <Button kind={withLabel ? 'plain' : 'icon'} aria-label={shown} onPress={copy}>
      {copied ? <Check size={15} aria-hidden /> : <Copy size={15} aria-hidden />}
      {withLabel && shown}
    </Button>
  )
}
