import { CirclePause, TriangleAlert } from 'lucide-react'
import type { ReactNode } from 'react'
import { gpuPauseSentence } from '../../../shared/activity-sentence.ts'
import { reasonSentence } from '../../../shared/reason-sentence.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import { useNow } from '../../use-now.ts'
import { useActivitySentence } from '../status/use-activity-sentence.ts'
import styles from './owner-banner.module.css'

/** Says that a pause holds, with its countdown, or that the owner's rules are hidden; with the way back. */
export function OwnerBanner() {
  const paused = useNode(state => state.status?.activity.kind === 'paused')
  const hides = useNode(state => state.status?.allowance.hides)
  const { sentence } = useActivitySentence()
  const online = useNode(state => state.link.kind === 'online')
  const { run, ready, error } = useAction()
  const words = strings.pause
  // What the node does while there is no line to it is not known, and the line's own banner says so.
  if (!online) return null
  const resume = (label: string) => (
    <Button kind="quiet" isDisabled={!ready} onPress={() => run(client => client.donation.resume())}>
      {label}
    </Button>
  )
  if (paused) return <PauseBanner name={words.paused} sentence={sentence} error={error} way={resume(words.resume)} />
  return (
    <>
      {hides !== undefined && (
        <Banner icon={TriangleAlert} error={error} way={resume(words.followRules)}>
          {words.anyway({ rule: reasonSentence(hides, strings.activity.reasons) })}
        </Banner>
      )}
      <GpuBanner />
    </>
  )
}

/** Graphics cards alone are paused: what else runs goes on, so nothing but this would say it. */
function GpuBanner() {
  const allowance = useNode(state => state.status?.allowance)
  const { run, ready, error } = useAction()
  const ticks = allowance?.gpu.reason.kind === 'gpu-paused' && allowance.gpu.reason.until !== undefined
  const now = useNow(ticks)
  const words = strings.pause
  const sentence = allowance === undefined ? undefined : gpuPauseSentence(allowance, strings.activity, now)
  if (sentence === undefined) return null
  return (
    <PauseBanner
      name={words.gpuPaused}
      sentence={sentence}
      error={error}
      way={
        <Button kind="quiet" isDisabled={!ready} onPress={() => run(client => client.donation.resumeGpu())}>
          {words.resumeGpu}
        </Button>
      }
    />
  )
}

interface PauseBannerProps extends Pick<BannerProps, 'error' | 'way'> {
  name: string
  sentence: string
}

/** A countdown that is read out each second says nothing else any more: `name` is what is read. */
function PauseBanner({ name, sentence, error, way }: PauseBannerProps) {
  return (
    <Banner icon={CirclePause} error={error} way={way}>
      <span className="unseen">{name}</span>
      <span aria-hidden>{sentence}</span>
    </Banner>
  )
}

interface BannerProps {
  icon: typeof CirclePause
  children: ReactNode
  /** Why the way back did not lead anywhere. */
  error: Error | undefined
  way: ReactNode
}

function Banner({ icon: Icon, children, error, way }: BannerProps) {
  return (
    <div className={styles.banner} role="status" data-testid="owner-banner">
      <Icon size={16} aria-hidden />
      <p>{children}</p>
      <Failure error={error} />
      {way}
    </div>
  )
}
