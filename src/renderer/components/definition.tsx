import type { ReactNode } from 'react'
import { Button, Tooltip, TooltipTrigger } from 'react-aria-components'
import styles from './definition.module.css'

/** Words that explain themselves on hover, on focus and to a screen reader. */
export function Definition({ hint, children }: { hint: string; children: ReactNode }) {
  return (
    <TooltipTrigger delay={200} closeDelay={100}>
      <Button className={styles.term ?? ''}>{children}</Button>
      <Tooltip className={styles.hint ?? ''} placement="bottom" offset={6}>
        {hint}
      </Tooltip>
    </TooltipTrigger>
  )
}
