import { Brand } from '../../components/brand.tsx'
import { Card } from '../../components/card.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './about-page.module.css'
import { LicencesCard } from './licences-card.tsx'
import { UpdateCard } from './update-card.tsx'

/** What this program is, whether there is a newer one, and whose work it is built on. */
export default function AboutPage() {
  const self = useNode(state => state.status?.self)
  const desktop = useNode(state => state.desktop)
  const words = strings.about
  return (
    <div className={styles.page}>
      <h1 className={styles.title}>{strings.page.about}</h1>
      <Card title={words.program}>
        <div className={styles.program}>
          <Brand className={styles.brand} />
          <p>{strings.appearance.aboutText}</p>
        </div>
        {self !== undefined && (
          <dl className={styles.facts}>
            <dt>{words.version}</dt>
            <dd>{self.version}</dd>
            <dt>{words.kind}</dt>
            <dd>{words.workerType[self.workerType]}</dd>
            <dt>{strings.status.peerId}</dt>
            <dd>
              <code>{self.peerId}</code>
              <CopyButton label={strings.status.copyPeerId} text={() => self.peerId} />
            </dd>
            <dt>{words.licence}</dt>
            <dd>{words.ownLicence}</dd>
          </dl>
        )}
      </Card>
      {desktop?.kind === 'app' && <UpdateCard update={desktop.update} />}
      <LicencesCard />
    </div>
  )
}
