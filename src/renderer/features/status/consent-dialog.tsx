import { FileText, HeartHandshake, ShieldCheck, Wifi } from 'lucide-react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button } from '../../components/button.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './consent-dialog.module.css'

interface ConsentDialogProps {
  isOpen: boolean
  onAccept: () => void
  onDecline: () => void
}

/** Asked once, before anything of other people's runs here. */
export function ConsentDialog({ isOpen, onAccept, onDecline }: ConsentDialogProps) {
  const network = useNode(state => state.status?.self.network)
  const words = strings.consent
  return (
    <ModalOverlay
      className={styles.overlay ?? ''}
      isOpen={isOpen}
      onOpenChange={open => !open && onDecline()}
      isDismissable
    >
      <Modal className={styles.modal ?? ''}>
        <Dialog className={styles.dialog ?? ''}>
          <HeartHandshake className={styles.mark} size={28} strokeWidth={1.6} aria-hidden />
          <Heading slot="title" className={styles.title ?? ''}>
            {words.title}
          </Heading>
          <p className={styles.lead}>{words.lead}</p>
          <ul className={styles.points}>
            <Point icon={FileText} title={words.documents} text={words.documentsMore} />
            <Point icon={ShieldCheck} title={words.yours} text={words.yoursMore} />
            {network?.open && (
              <Point icon={Wifi} title={words.openNetwork({ name: network.name })} text={words.openNetworkMore} />
            )}
          </ul>
          <div className={styles.actions}>
            <Button kind="quiet" onPress={onDecline}>
              {words.decline}
            </Button>
            <Button kind="primary" onPress={onAccept}>
              {words.accept}
            </Button>
          </div>
        </Dialog>
      </Modal>
    </ModalOverlay>
  )
}

function Point({ icon: Icon, title, text }: { icon: typeof FileText; title: string; text: string }) {
  return (
    <li className={styles.point}>
      <Icon size={18} strokeWidth={1.75} aria-hidden />
      <div>
        <p className={styles.pointTitle}>{title}</p>
        <p>{text}</p>
      </div>
    </li>
  )
}
