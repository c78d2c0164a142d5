import type { ReactNode } from 'react'
import type { TunnelView } from '../../../shared/schema/tunnel.ts'
import type { VpnState } from '../../../shared/schema/vpn.ts'
import { Card } from '../../components/card.tsx'
import { Failure } from '../../components/failure.tsx'
import { Switch } from '../../components/switch.tsx'
import { useAction } from '../../components/use-action.ts'
import { useNode } from '../../store/node-context.tsx'
import { formatClock } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import { TunnelInstall } from './tunnel-install.tsx'
import styles from './ways-in-card.module.css'

/** Ways by which others reach a node behind a router: each with its switch, how it is, and what to do. */
export function WaysInCard() {
  const tunnel = useNode(state => state.tunnel)
  const vpn = useNode(state => state.vpn)
  const settings = useNode(state => state.settings)
  const { run, ready, error } = useAction()
  if (settings === undefined) return null
  const words = strings.network.waysIn
  const named = settings.tunnel.kind === 'named'
  return (
    <Card title={words.title}>
      <Way
        name={words.tunnel}
        hint={named ? words.ownTunnelHint : words.tunnelHint}
        isOn={settings.tunnel.kind !== 'off'}
        isDisabled={!ready}
        onChange={on =>
          run(client => client.settings.update({ tunnel: on ? { kind: 'quick' as const } : { kind: 'off' as const } }))
        }
      >
        {tunnel !== undefined && settings.tunnel.kind !== 'off' && tunnelSentence(tunnel)}
      </Way>
      {tunnel?.kind === 'unavailable' && <TunnelInstall />}
      <Way
        name={words.vpn}
        hint={words.vpnHint}
        isOn={settings.vpn.enabled}
        isDisabled={!ready}
        onChange={enabled => run(client => client.settings.update({ vpn: { enabled } }))}
      >
        {vpn !== undefined && settings.vpn.enabled && vpnSentence(vpn)}
      </Way>
      <Failure what={words.failed} error={error} />
    </Card>
  )
}

interface WayProps {
  name: string
  hint: string
  isOn: boolean
  isDisabled: boolean
  onChange(on: boolean): void
  children: ReactNode
}

function Way({ name, hint, isOn, isDisabled, onChange, children }: WayProps) {
  return (
    <div className={styles.way}>
      <div>
        <p className={styles.name}>{name}</p>
        <p className={styles.hint}>{hint}</p>
        <p role="status" className={styles.state}>
          {children}
        </p>
      </div>
      <Switch aria-label={name} isSelected={isOn} isDisabled={isDisabled} onChange={onChange} />
    </div>
  )
}

function tunnelSentence(view: TunnelView): string {
  const words = strings.network.waysIn
  switch (view.kind) {
    case 'stopped':
      return words.off
    case 'starting':
      return words.starting
    case 'connecting':
      return words.connecting({ place: view.url })
    case 'ready':
      return words.ready({ place: view.url })
    case 'backing-off':
      return words.again({ why: view.why, at: formatClock(view.until) })
    case 'unavailable':
      return words.notInstalled
    case 'failed':
      return words.not({ why: view.why })
  }
}

function vpnSentence(state: VpnState): string {
  const words = strings.network.waysIn
  switch (state.kind) {
    case 'off':
      return words.off
    case 'waiting':
      return state.lost === undefined ? words.waiting : words.lost({ loss: state.lost })
    case 'starting':
      return words.starting
    case 'ready':
      return words.ready({ place: state.ip })
    case 'backing-off':
      return words.again({ why: state.why, at: formatClock(state.until) })
    case 'unavailable':
      return words.not({ why: `${state.why}; ${state.todo}` })
  }
}
