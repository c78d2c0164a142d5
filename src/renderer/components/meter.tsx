import { Meter as AriaMeter, Label } from 'react-aria-components'
import { formatShare } from '../strings/format.ts'
import styles from './meter.module.css'

interface MeterProps {
  label: string
  /** 0 to 1. */
  share: number
  /** Stands for the percentage, where other words say more. */
  text?: string
  hint?: string
}

/** A share of something with its name and its value in words. */
export function Meter({ label, share, text, hint }: MeterProps) {
  const shown = text ?? formatShare(share)
  return (
    <AriaMeter className={styles.meter ?? ''} value={share} minValue={0} maxValue={1} valueLabel={shown}>
      <Label className={styles.label ?? ''} {...(hint === undefined ? {} : { title: hint })}>
        {label}
      </Label>
      <span className={styles.value}>{shown}</span>
      <span className={styles.track}>
        <span className={styles.fill} style={{ inlineSize: `${Math.min(1, share) * 100}%` }} />
      </span>
    </AriaMeter>
  )
}
