import { ChevronRight, CirclePause, CirclePlay } from 'lucide-react'
import { useEffect, useRef } from 'react'
import {
  Button as AriaButton,
  Dialog,
  Menu,
  MenuItem,
  MenuTrigger,
  Popover,
  SubmenuTrigger,
} from 'react-aria-components'
import { pauseLengths } from '../../../shared/pause-lengths.ts'
import { hour, type Milliseconds, minute } from '../../../shared/units.ts'
import { Failure } from '../../components/failure.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import styles from './pause-control.module.css'

/** Pauses all work or graphics cards for a while, or resumes it. There is nothing to pause while donating is off. */
export function PauseControl({ className }: { className: string }) {
  const donating = useNode(state => state.status?.donating ?? false)
  const paused = useNode(state => state.status?.activity.kind === 'paused')
  const canPauseGpu = useNode(
    ({ status, settings }) =>
      status !== undefined && status.capabilities.gpus.length > 0 && settings?.gpuPause === undefined,
  )
  const online = useNode(state => state.link.kind === 'online')
  const { run, error, forget } = useAction()
  const trigger = useRef<HTMLButtonElement>(null)
  const changing = useRef(false)
  const shown = useRef(paused)
  // What was pressed has given way to what takes it back: the focus goes on to that.
  useEffect(() => {
    if (shown.current === paused) return
    shown.current = paused
    if (changing.current) trigger.current?.focus()
    changing.current = false
  }, [paused])
  const change: typeof run = async request => {
    changing.current = true
    const changed = await run(request)
    if (!changed) changing.current = false
    return changed
  }
  const words = strings.pause
  if (!donating || !online) return null
  const failure = (
    <Popover
      className={styles.popover ?? ''}
      placement="top end"
      triggerRef={trigger}
      isOpen={error !== undefined}
      onOpenChange={open => !open && forget()}
    >
      <Dialog className={styles.failure ?? ''} aria-label={words.open}>
        <Failure error={error} />
      </Dialog>
    </Popover>
  )
  if (paused) {
    return (
      <>
        <AriaButton
          ref={trigger}
          className={className}
          aria-label={words.resume}
          onPress={() => change(client => client.donation.resume())}
        >
          <CirclePlay size={18} strokeWidth={1.75} aria-hidden />
        </AriaButton>
        {failure}
      </>
    )
  }
  return (
    <>
      <MenuTrigger>
        <AriaButton ref={trigger} className={className} aria-label={words.open}>
          <CirclePause size={18} strokeWidth={1.75} aria-hidden />
        </AriaButton>
        <Popover placement="top end" className={styles.popover ?? ''}>
          <Menu className={styles.menu ?? ''} aria-label={words.open}>
            {lengthItems(span => change(client => client.donation.pause(span)))}
            {canPauseGpu && (
              <SubmenuTrigger>
                <MenuItem className={styles.item ?? ''} textValue={words.gpu}>
                  {words.gpu}
                  <ChevronRight size={16} aria-hidden />
                </MenuItem>
                <Popover className={styles.popover ?? ''}>
                  <Menu className={styles.menu ?? ''} aria-label={words.gpu}>
                    {lengthItems(span => run(client => client.donation.pauseGpu(span)))}
                  </Menu>
                </Popover>
              </SubmenuTrigger>
            )}
          </Menu>
        </Popover>
      </MenuTrigger>
      {failure}
    </>
  )
}

function lengthItems(pause: (span: { forMs?: Milliseconds }) => void) {
  return pauseLengths.map(forMs => (
    <MenuItem
      key={forMs ?? 'until-resumed'}
      className={styles.item ?? ''}
      onAction={() => pause(forMs === undefined ? {} : { forMs })}
    >
      {forMs === undefined ? strings.pause.untilResumed : lengthLabel(forMs)}
    </MenuItem>
  ))
}

function lengthLabel(ms: Milliseconds): string {
  const words = strings.pause
  return ms < hour ? words.minutes({ count: ms / minute }) : words.hours({ count: ms / hour })
}
