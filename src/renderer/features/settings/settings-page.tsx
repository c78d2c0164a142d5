import { LoaderCircle } from 'lucide-react'
import { limitsSchema } from '../../../shared/schema/limits.ts'
import type { Settings } from '../../../shared/schema/settings.ts'
import { EmptyState } from '../../components/empty-state.tsx'
import { Page } from '../../components/page.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { MembershipCard } from '../membership/membership-card.tsx'
import { AppCard } from './app-card.tsx'
import { EnginesCard, UpstreamsCard } from './engine-cards.tsx'
import { ConnectionCard, InUseCard, PowerCard, ShareCard } from './limit-cards.tsx'
import { ContributionCard, NetworkCard, RequestsCard, ServicesCard } from './node-cards.tsx'
import { PreviewCard } from './preview-card.tsx'
import { SaveBar } from './save-bar.tsx'
import { ScheduleCard } from './schedule-card.tsx'
import { DraftProvider } from './settings-context.tsx'
import styles from './settings-page.module.css'
import { useDraft } from './use-draft.ts'

export default function SettingsPage() {
  const settings = useNode(state => state.settings)
  if (settings === undefined) return <EmptyState icon={LoaderCircle} title={strings.app.loadingPage} />
  return <SettingsForm settings={settings} />
}

/** Everything an owner may choose: drawn up here, checked as it is typed, and saved as one. */
function SettingsForm({ settings }: { settings: Settings }) {
  const draft = useDraft(settings)
  const limits = limitsSchema.safeParse(draft.edits.limits ?? settings.limits)
  const words = strings.settings
  return (
    <DraftProvider value={draft}>
      <Page title={strings.page.settings}>
        <div className={styles.columns}>
          <aside className={styles.aside}>
            <PreviewCard limits={limits.success ? limits.data : undefined} />
          </aside>
          <div className={styles.cards}>
            <h2 className={styles.group}>{words.groups.limits}</h2>
            <InUseCard />
            <ShareCard />
            <ScheduleCard />
            <PowerCard />
            <ConnectionCard />
            <h2 className={styles.group}>{words.groups.node}</h2>
            <ServicesCard />
            <EnginesCard />
            <UpstreamsCard />
            <RequestsCard />
            <MembershipCard />
            <NetworkCard />
            <ContributionCard />
            <h2 className={styles.group}>{words.groups.app}</h2>
            <AppCard />
            <SaveBar
              isChanged={draft.isChanged}
              isValid={draft.issues.length === 0}
              canUndo={draft.canUndo}
              busy={draft.busy}
              ready={draft.ready}
              error={draft.error}
              onSave={draft.save}
              onDiscard={draft.discard}
              onUndo={draft.takeBack}
            />
          </div>
        </div>
      </Page>
    </DraftProvider>
  )
}
