import type { RefAttributes } from 'react'
import { Button as AriaButton, type ButtonProps as AriaButtonProps } from 'react-aria-components'
import styles from './button.module.css'

interface ButtonProps extends Omit<AriaButtonProps, 'className'>, RefAttributes<HTMLButtonElement> {
  /** `primary` once at most on a screen; `quiet` has no box; `icon` is a square for one icon, with an aria-label. */
  kind?: 'primary' | 'plain' | 'quiet' | 'icon'
}

export function Button({ kind = 'plain', ...props }: ButtonProps) {
  return <AriaButton {...props} className={`${styles.button} ${styles[kind]}`} />
}
