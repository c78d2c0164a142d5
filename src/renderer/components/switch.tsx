import { Switch as AriaSwitch, type SwitchProps as AriaSwitchProps } from 'react-aria-components'
import styles from './switch.module.css'

interface SwitchProps extends Omit<AriaSwitchProps, 'className' | 'children'> {
  size?: 'small' | 'large'
}

/** On or off. The knob shows a tick or a bar, so that the state does not hang on colour. */
export function Switch({ size = 'small', ...props }: SwitchProps) {
  return (
    <AriaSwitch {...props} className={`${styles.switch} ${styles[size]}`}>
      <span className={styles.track}>
        <span className={styles.knob}>
          <svg viewBox="0 0 16 16" aria-hidden="true">
            <path className={styles.tick} d="m4 8.4 2.8 2.8L12 5.6" />
            <path className={styles.bar} d="M5.4 8h5.2" />
          </svg>
        </span>
      </span>
    </AriaSwitch>
  )
}
