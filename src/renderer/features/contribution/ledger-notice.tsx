import { TriangleAlert } from 'lucide-react'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './ledger-notice.module.css'

/** Says when the ledger cannot be written, or could not be read and was set aside; what that means, and what to do. */
export function LedgerNotice() {
  const ledger = useNode(state => state.status?.ledger)
  const words = strings.contribution.ledger
  const notes = [
    ...(ledger?.setAside ?? []).map(file => words.setAside({ file })),
    ...(ledger?.state.kind === 'unwritable' ? [words.unwritable(ledger.state)] : []),
  ]
  if (notes.length === 0) return null
  return (
    <div className={styles.notice} role="status">
      <TriangleAlert size={16} aria-hidden />
      <div>
        {notes.map(note => (
          <p key={note}>{note}</p>
        ))}
      </div>
    </div>
  )
}
