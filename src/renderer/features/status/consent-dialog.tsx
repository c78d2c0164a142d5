import { HeartHandshake } from 'lucide-react'
import { Dialog, Heading, Modal, ModalOverlay } from 'react-aria-components'
import { Button } from '../../components/button.tsx'
import { strings } from '../../strings/index.ts'
import styles from './consent-dialog.module.css'
import { ConsentPoints } from './consent-points.tsx'

interface ConsentDialogProps {
  isOpen: boolean
  onAccept: () => void
  onDecline: () => void
}

/** Asked once, before anything of other people's runs here. */
export function ConsentDialog({ isOpen, onAccept, onDecline }: ConsentDialogProps) {
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
          <ConsentPoints />
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
