import { describe, expect, it, vi } from 'vitest'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { Update } from '../../shared/schema/desktop.ts'
import type { ServiceStatus } from '../../shared/schema/service.ts'
import type { Activity, Status } from '../../shared/schema/status.ts'
import { sampleService as ocr, sampleStatus } from '../../shared/testing/samples.ts'
import { type MenuRow, menuTemplate } from './menu-row.ts'
import { trayMenu } from './tray-menu.ts'
import type { NodeState } from './tray-state.ts'

type Scene = Partial<Omit<Extract<NodeState, { kind: 'running' }>, 'kind'>> & { donating?: boolean }

const card: Gpu = { vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }
const llm: ServiceStatus = { ...ocr, type: 'llm-inference', enabled: false, unavailable: { kind: 'disabled' } }
const needy: ServiceStatus = { ...llm, type: 'vision-ocr', unavailable: { kind: 'needs-engine', engines: [] } }

function running(activity: Activity, { donating = true, ...scene }: Scene = {}): NodeState {
  return {
    kind: 'running',
    now: 0,
    status: { ...sampleStatus, activity, donating, services: [] },
    knownPeers: 3,
    update: { kind: 'current' },
    safeMode: false,
    ...scene,
  }
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
    const capabilities = { ...sampleStatus.capabilities, gpus: [card] }
    const status: Status = { ...sampleStatus, activity: { kind: 'working', jobs: 1 }, donating: true, capabilities }
    const state = running({ kind: 'ready' }, { status: { ...status, services: [ocr, llm, needy] } })
    expect(read(trayMenu(state))).toEqual([
      '(Working on 1 request)',
      '—',
      '[x] Donate Compute',
      'Pause for ▸',
      'Pause GPU ▸',
      'Finish current work, then stop',
      '—',
      'Open dashboard',
      'Topology (3)',
      'Services ▸',
      '—',
      'Settings',
      'Logs',
      'Check for updates',
      '—',
      'Stop and quit',
    ])
    const services = trayMenu(state).find(row => row.kind === 'menu' && row.label === 'Services')
    expect(read(services?.kind === 'menu' ? services.rows : [])).toEqual(['[x] Read documents', '[ ] Answer prompts'])
  })

  it.each<[Update, string]>([
    [{ kind: 'off', why: 'no-server' }, '(Updates: this build has no server for them)'],
    [{ kind: 'checking' }, '(Looking for updates…)'],
    [{ kind: 'loading', version: '1.1.0', share: 0.49 }, '(Loading version 1.1.0: 40%)'],
    [{ kind: 'ready', version: '1.1.0', notes: '', waitsFor: 'jobs' }, 'Restart with version 1.1.0'],
    [{ kind: 'failed', message: 'no route', at: 0 }, 'Check for updates'],
  ])('says of updates that are %j: %s', (update, row) => {
    const rows = read(trayMenu(running({ kind: 'ready' }, { update })))
    expect(rows[rows.indexOf('Logs') + 1]).toBe(row)
  })

  it('says that nothing is kept in safe mode', () => {
    expect(read(trayMenu(running({ kind: 'off' }, { donating: false, safeMode: true })))[1]).toMatch(/^\(Safe mode: /)
  })

  it('shows what the app waits for before it ends, and the way not to wait', () => {
    expect(read(trayMenu({ kind: 'quitting', jobs: 2 }))).toEqual([
      '(Finishing 2 requests, then quitting)',
      '—',
      'Quit without waiting',
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
  expect(run.mock.calls.flat()).toEqual([
    'toggle-donating',
    'open-dashboard',
    'open-topology',
    'open-settings',
    'open-logs',
    'check-for-updates',
    'quit',
  ])
  expect(template[0]).toEqual({ label: 'Ready: no requests yet', enabled: false })
  expect(template[2]).toMatchObject({ type: 'checkbox', checked: true })
})
