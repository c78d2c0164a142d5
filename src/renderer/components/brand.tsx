import { strings } from '../strings/index.ts'
import styles from './brand.module.css'

/** Mark and name. The mark: three peers around one machine. */
export function Brand({ className }: { className?: string | undefined }) {
  return (
    <div className={`${styles.brand} ${className ?? ''}`}>
      <svg className={styles.mark} viewBox="0 0 32 32" width="26" height="26" aria-hidden="true">
        <rect width="32" height="32" rx="9" />
        <path d="M16 14V8.6M13.9 17.4l-4.8 3.4M18.1 17.4l4.8 3.4" />
        <circle cx="16" cy="16" r="3.6" />
        <circle cx="16" cy="7.4" r="2.4" />
        <circle cx="8.2" cy="21.6" r="2.4" />
        <circle cx="23.8" cy="21.6" r="2.4" />
      </svg>
      <span>{strings.app.name}</span>
    </div>
  )
}
