import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { MenuRow } from './menu-row.ts'
import { serviceName } from './service-name.ts'
import { strings } from './strings.ts'
import type { NodeState } from './tray-state.ts'

/** A submenu with a switch for each service that this machine could offer; why others cannot be is on their page. */
export function serviceRows(state: NodeState): MenuRow[] {
  if (state.kind !== 'running') return []
  const rows = state.status.services.filter(isWithinReach).map(
    ({ type, enabled }): MenuRow => ({
      kind: 'switch',
      label: serviceName(type),
      on: enabled,
      command: { kind: 'service', type, enabled: !enabled },
    }),
  )
  return rows.length === 0 ? [] : [{ kind: 'menu', label: strings.menu.services, rows }]
}

/** One that is on can be switched off, whatever it lacks. */
function isWithinReach({ enabled, unavailable }: ServiceStatus): boolean {
  return enabled || unavailable === undefined || unavailable.kind === 'disabled' || unavailable.kind === 'gpu-paused'
}
