import { useRef, useState } from 'react'
import { ProgressBar } from 'react-aria-components'
import type { InstallStep } from '../../../shared/schema/tunnel.ts'
import { Button } from '../../components/button.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useAsk } from '../../store/node-context.tsx'
import { formatBytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './tunnel-install.module.css'

const askOffer = (client: NodeClient) => client.tunnel.offer()

type Install = { kind: 'idle' } | Extract<InstallStep, { kind: 'progress' }> | { kind: 'failed'; error: Error }

/** Gets cloudflared onto this machine for an owner who says so, where the node can; otherwise says where it is to be had. */
export function TunnelInstall() {
  const { value: offer } = useAnswer(askOffer, undefined)
  const { state, start, cancel } = useInstall()
  const words = strings.network.waysIn.install
  if (offer === undefined || offer.kind === 'here') return null
  if (offer.kind === 'not-offered')
    return (
      <p className={styles.hint}>
        {words.none}{' '}
        <a href={offer.instructions} target="_blank" rel="noreferrer">
          {new URL(offer.instructions).hostname}
        </a>
      </p>
    )
  const { version, bytes, source } = offer
  return (
    <div className={styles.install}>
      {state.kind === 'progress' ? (
        <>
          <ProgressBar
            className={styles.progress ?? ''}
            aria-label={words.title}
            value={state.received}
            maxValue={Math.max(1, state.total)}
          >
            {({ percentage = 0 }) => (
              <>
                <span className={styles.track}>
                  <span className={styles.fill} style={{ inlineSize: `${percentage}%` }} />
                </span>
                {words.progress({ received: formatBytes(state.received), total: formatBytes(state.total) })}
              </>
            )}
          </ProgressBar>
          <Button onPress={cancel}>{words.cancel}</Button>
        </>
      ) : (
        <>
          <Button onPress={() => start(bytes)}>{words.button({ version, size: formatBytes(bytes) })}</Button>
          <span className={styles.hint}>{words.hint({ source })}</span>
        </>
      )}
      {state.kind === 'failed' && (
        <p className={styles.failed} role="alert">
          {words.failed}: {state.error.message}
        </p>
      )}
    </div>
  )
}

/** Once it is there the node tries the tunnel again, and what is shown of it says so. */
function useInstall(): { state: Install; start(total: number): Promise<void>; cancel(): void } {
  const ask = useAsk()
  const running = useRef<AbortController>(undefined)
  const [state, setState] = useState<Install>({ kind: 'idle' })
  const start = async (total: number) => {
    const controller = new AbortController()
    running.current = controller
    setState({ kind: 'progress', received: 0, total })
    try {
      const install = await ask(client => client.tunnel.install(undefined, { signal: controller.signal }))
      for await (const step of install) if (step.kind === 'progress') setState(step)
      setState({ kind: 'idle' })
    } catch (error) {
      if (controller.signal.aborted) setState({ kind: 'idle' })
      else setState({ kind: 'failed', error: error instanceof Error ? error : new Error(String(error)) })
    }
  }
  return { state, start, cancel: () => running.current?.abort() }
}
