import { describe, expect, it, vi } from 'vitest'
import type { Activity } from '../../shared/schema/status.ts'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { type MenuRow, menuTemplate } from './menu-row.ts'
import { trayMenu } from './tray-menu.ts'
import type { NodeState } from './tray-state.ts'

function running(activity: Activity, { donating = true, knownPeers = 3 } = {}): NodeState {
  return { kind: 'running', status: { ...sampleStatus, activity, donating }, gpuPaused: false, knownPeers }
}

/** One line a row, as the menu would be read. */
function read(rows: MenuRow[]): string[] {
  return rows.map(row => {
    if (row.kind === 'separator') return '—'
    if (row.kind === 'text') return `(${row.label})`
    if (row.kind === 'menu') return `${row.label} ▸`
    return row.kind === 'switch' ? `[${row.on ? 'x' : ' '}] ${row.label}` : row.label
  })
}

describe('the menu of the tray', () => {
  it('has the state, what the owner can say, the windows and the way out, in this order', () => {
    expect(read(trayMenu(running({ kind: 'ready' })))).toEqual([
      '(Ready: no requests yet)',
      '—',
      '[x] Donate Compute',
      'Pause for ▸',
      '—',
      'Open dashboard',
      'Topology (3)',
      'Logs',
      '—',
      'Stop and quit',
    ])
  })

  it('shows the switch off while donating is off', () => {
    expect(read(trayMenu(running({ kind: 'off' }, { donating: false })))[2]).toBe('[ ] Donate Compute')
  })

  it.each<[string, NodeState]>([
    ['starts', { kind: 'starting' }],
    ['could not start', { kind: 'failed' }],
    ['finishes its last requests', running({ kind: 'stopping', jobs: 1 }, { donating: false })],
  ])('offers no switch while the node %s, and no two lines in a row', (_when, state) => {
    const rows = read(trayMenu(state))
    expect(rows.filter(row => row.includes('Donate'))).toEqual([])
    expect(rows.some((row, index) => row === '—' && rows[index - 1] === '—')).toBe(false)
    expect(rows.at(-1)).toBe('Stop and quit')
  })

  it('groups large numbers', () => {
    expect(read(trayMenu(running({ kind: 'ready' }, { knownPeers: 2_000 })))).toContain('Topology (2,000)')
  })
})

it('a click runs the command of its row, and the state cannot be clicked', () => {
  const run = vi.fn()
  const template = menuTemplate(trayMenu(running({ kind: 'ready' })), run)
  for (const row of template) row.click?.()
  expect(run.mock.calls.flat()).toEqual(['toggle-donating', 'open-dashboard', 'open-topology', 'open-logs', 'quit'])
  expect(template[0]).toEqual({ label: 'Ready: no requests yet', enabled: false })
  expect(template[2]).toMatchObject({ type: 'checkbox', checked: true })
})
