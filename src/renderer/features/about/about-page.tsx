import { Brand } from '../../components/brand.tsx'
import { Card } from '../../components/card.tsx'
import { CopyButton } from '../../components/copy-button.tsx'
import { Facts } from '../../components/facts.tsx'
import { Page } from '../../components/page.tsx'
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
    <Page width="reading" title={strings.page.about}>
      <Card title={words.program}>
        <div className={styles.program}>
          <Brand className={styles.brand} />
          <p>{strings.appearance.aboutText}</p>
        </div>
        {self !== undefined && (
          <Facts
            facts={[
              { name: words.version, value: self.version },
              { name: words.kind, value: words.workerType[self.workerType] },
              {
                name: strings.status.peerId,
                value: (
                  <>
                    <code>{self.peerId}</code>
                    <CopyButton label={strings.status.copyPeerId} text={() => self.peerId} />
                  </>
                ),
              },
              { name: words.licence, value: words.ownLicence },
            ]}
          />
        )}
      </Card>
      {desktop?.kind === 'app' && <UpdateCard update={desktop.update} />}
      <LicencesCard />
    </Page>
  )
}
