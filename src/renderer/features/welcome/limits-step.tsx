import { limitsSchema } from '../../../shared/schema/limits.ts'
import type { Settings } from '../../../shared/schema/settings.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { FieldGroup } from '../../components/field.tsx'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { SwitchField } from '../settings/fields.tsx'
import { CpuWhileInUse, GpuWhileInUse, ThreadsUsed } from '../settings/limit-fields.tsx'
import { PreviewCard } from '../settings/preview-card.tsx'
import { DraftProvider } from '../settings/settings-context.tsx'
import { useDraft } from '../settings/use-draft.ts'
import { StepFoot } from './step-foot.tsx'

interface LimitsStepProps {
  onDone: () => void
  onBack: () => void
}

/** The limits that people ask for first; the others are on the settings page. */
export function LimitsStep(props: LimitsStepProps) {
  const settings = useNode(state => state.settings)
  return settings === undefined ? null : <LimitsForm settings={settings} {...props} />
}

function LimitsForm({ settings, onDone, onBack }: LimitsStepProps & { settings: Settings }) {
  const draft = useDraft(settings)
  const hasGpu = useNode(state => (state.status?.capabilities.gpus.length ?? 0) > 0)
  const limits = limitsSchema.safeParse(draft.edits.limits ?? settings.limits)
  const { power } = strings.settings
  const words = strings.welcome
  const next = async () => {
    if (!draft.isChanged || (await draft.save())) onDone()
  }
  return (
    <DraftProvider value={draft}>
      <FieldGroup>
        <CpuWhileInUse label={words.whileInUse} />
        {hasGpu && <GpuWhileInUse label={words.gpuWhileInUse} />}
        <ThreadsUsed />
        <SwitchField path="limits.battery.pauseOnBattery" label={power.onBattery} hint={power.onBatteryHint} />
      </FieldGroup>
      <PreviewCard limits={limits.success ? limits.data : undefined} />
      <Failure error={draft.error} sentence={strings.settings.bar.failed} />
      <StepFoot onBack={onBack}>
        <Button kind="primary" isDisabled={!draft.ready || draft.issues.length > 0} onPress={next}>
          {words.next}
        </Button>
      </StepFoot>
    </DraftProvider>
  )
}
