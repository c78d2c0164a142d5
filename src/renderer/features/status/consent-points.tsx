import { FileText, ShieldCheck, Wifi } from 'lucide-react'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './consent-points.module.css'

/** What a donor agrees to. */
export function ConsentPoints() {
  const network = useNode(state => state.status?.self.network)
  const words = strings.consent
  return (
    <ul className={styles.points}>
      <Point icon={FileText} title={words.documents} text={words.documentsMore} />
      <Point icon={ShieldCheck} title={words.yours} text={words.yoursMore} />
      {network?.open && (
        <Point icon={Wifi} title={words.openNetwork({ name: network.name })} text={words.openNetworkMore} />
      )}
    </ul>
  )
}

function Point({ icon: Icon, title, text }: { icon: typeof FileText; title: string; text: string }) {
  return (
    <li className={styles.point}>
      <Icon size={18} strokeWidth={1.75} aria-hidden />
      <div>
        <p className={styles.title}>{title}</p>
        <p>{text}</p>
      </div>
    </li>
  )
}
