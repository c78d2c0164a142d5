import type { InstallStep } from '../../../shared/schema/tunnel.ts'
import { Button } from '../../components/button.tsx'
import { Failure } from '../../components/failure.tsx'
import { Progress } from '../../components/progress.tsx'
import { useAnswer } from '../../components/use-answer.ts'
import { type LongWork, useLongAction } from '../../components/use-long-action.ts'
import type { NodeClient } from '../../connection/node-client.ts'
import { useNode } from '../../store/node-context.tsx'
import { formatBytes } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './tunnel-install.module.css'

const askOffer = (client: NodeClient) => client.tunnel.offer()

/** Bytes that have come, of how many. */
type Received = Pick<Extract<InstallStep, { kind: 'progress' }>, 'received' | 'total'>

/** Once it is there the node tries the tunnel again, and what is shown of it says so. */
async function install({ client, signal, tell }: LongWork<Received>): Promise<void> {
  for await (const step of await client.tunnel.install(undefined, { signal })) if (step.kind === 'progress') tell(step)
}

/** Gets cloudflared onto this machine for an owner who says so, where the node can; otherwise says where it is to be had. */
export function TunnelInstall() {
  const { value: offer } = useAnswer(askOffer, undefined)
  const { state, start, cancel } = useLongAction<Received, void>()
  const online = useNode(({ link }) => link.kind === 'online')
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
      {state.kind === 'running' ? (
        <>
          <Progress
            label={words.title}
            done={state.progress.received}
            total={state.progress.total}
            text={words.progress({
              received: formatBytes(state.progress.received),
              total: formatBytes(state.progress.total),
            })}
          />
          <Button onPress={cancel}>{words.cancel}</Button>
        </>
      ) : (
        <>
          <Button isDisabled={!online} onPress={() => start({ received: 0, total: bytes }, install)}>
            {words.button({ version, size: formatBytes(bytes) })}
          </Button>
          <span className={styles.hint}>{words.hint({ source })}</span>
        </>
      )}
      {state.kind === 'failed' && (
        <div className={styles.failed}>
          <Failure what={words.failed} error={state.error} />
        </div>
      )}
    </div>
  )
}
