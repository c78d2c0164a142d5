import { describe, expect, it, vi } from 'vitest'
import type { Gpu } from '../../shared/schema/capabilities.ts'
import type { GpuPause } from '../../shared/schema/limits.ts'
import type { Activity } from '../../shared/schema/status.ts'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { hour, minute } from '../../shared/units.ts'
import { type MenuRow, menuTemplate } from './menu-row.ts'
import { ownerRows } from './owner-menu.ts'
import { type OwnedNode, type OwnerWish, tell } from './owner-wish.ts'
import type { NodeState } from './tray-state.ts'

const card: Gpu = { vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }
const lengths = ['30 min', '1 h', '2 h', '4 h', '8 h', 'Until I resume']
const onBattery = { kind: 'waiting', reason: { kind: 'on-battery' }, jobs: 0 } as const
const hot = { kind: 'hot', part: 'cpu', celsius: 96, resumesBelow: 85 } as const

interface Scene {
  donating?: boolean
  hides?: boolean
  gpus?: Gpu[]
  gpuPause?: GpuPause
}

function running(activity: Activity, scene: Scene = {}): NodeState {
  const { donating = true, hides = false, gpus = [], gpuPause } = scene
  const allowance = { ...sampleStatus.allowance, ...(hides ? { hides: { kind: 'metered' as const } } : {}) }
  const capabilities = { ...sampleStatus.capabilities, gpus }
  return {
    kind: 'running',
    now: new Date(2026, 5, 3, 14).getTime(),
    status: { ...sampleStatus, activity, donating, allowance, capabilities },
    gpuPause,
    knownPeers: 0,
    update: { kind: 'current' },
    safeMode: false,
  }
}

/** One word a row: menus with ▸, what cannot be clicked in parentheses. */
function read(rows: MenuRow[]): string[] {
  return rows.map(row => {
    if (row.kind === 'separator') return '—'
    if (row.kind === 'switch') return `[${row.on ? 'x' : ' '}] ${row.label}`
    const label = row.kind === 'menu' ? `${row.label} ▸` : row.label
    return row.kind === 'text' || row.disabled === true ? `(${label})` : label
  })
}

describe('what the owner can say', () => {
  it.each<[string, Activity, Scene, string[]]>([
    ['is ready', { kind: 'ready' }, {}, ['[x] Donate Compute', 'Pause for ▸']],
    [
      'works',
      { kind: 'working', jobs: 2 },
      {},
      ['[x] Donate Compute', 'Pause for ▸', 'Finish current work, then stop'],
    ],
    ['is paused', { kind: 'paused' }, {}, ['[x] Donate Compute', 'Resume']],
    ['waits', onBattery, {}, ['[x] Donate Compute', 'Pause for ▸', 'Work anyway for ▸']],
    [
      'waits for its last requests',
      { ...onBattery, jobs: 1 },
      {},
      ['[x] Donate Compute', 'Pause for ▸', 'Work anyway for ▸', 'Finish current work, then stop'],
    ],
    ['is too hot', { ...onBattery, reason: hot }, {}, ['[x] Donate Compute', 'Pause for ▸']],
    [
      'works although a rule would hold it',
      { kind: 'ready' },
      { hides: true },
      ['[x] Donate Compute', 'Pause for ▸', 'Follow my rules'],
    ],
    ['finishes, then stops', { kind: 'stopping', jobs: 1 }, {}, ['Pause for ▸', 'Resume']],
    ['is off', { kind: 'off' }, { donating: false, gpus: [card] }, ['[ ] Donate Compute']],
    ['is off and not done yet', { kind: 'stopping', jobs: 1 }, { donating: false, gpus: [card] }, []],
    ['starts', { kind: 'starting' }, { gpus: [card] }, ['[x] Donate Compute']],
    [
      'has a graphics card',
      { kind: 'working', jobs: 1 },
      { gpus: [card], hides: true },
      ['[x] Donate Compute', 'Pause for ▸', 'Follow my rules', 'Pause GPU ▸', 'Finish current work, then stop'],
    ],
    [
      'has its graphics card paused',
      { ...onBattery, reason: { kind: 'gpu-paused' } },
      { gpus: [card], gpuPause: { since: 0 } },
      ['[x] Donate Compute', 'Pause for ▸', 'Resume GPU'],
    ],
    [
      'has its graphics card paused for a while',
      { kind: 'working', jobs: 1 },
      { gpus: [card], gpuPause: { since: 0, until: new Date(2026, 5, 3, 14, 30).getTime() } },
      ['[x] Donate Compute', 'Pause for ▸', 'Resume GPU (paused until 14:30)', 'Finish current work, then stop'],
    ],
    [
      'is paused altogether, with a graphics card',
      { kind: 'paused' },
      { gpus: [card] },
      ['[x] Donate Compute', 'Resume', '(Pause GPU ▸)'],
    ],
  ])('while the node %s', (_when, activity, scene, expected) => {
    expect(read(ownerRows(running(activity, scene)))).toEqual(expected)
  })

  it.each<NodeState>([{ kind: 'starting' }, { kind: 'failed' }])('is nothing without a node that runs', state => {
    expect(ownerRows(state)).toEqual([])
  })

  it('is for how long', () => {
    const menus = ownerRows(running(onBattery, { gpus: [card] })).filter(row => row.kind === 'menu')
    expect(menus.map(menu => read(menu.rows))).toEqual([lengths, lengths, lengths])
    const run = vi.fn()
    for (const menu of menuTemplate(menus, run)) for (const row of menu.submenu ?? []) row.click?.()
    expect(run.mock.calls.flat().slice(4, 8)).toEqual([
      { kind: 'pause', forMs: 8 * hour },
      { kind: 'pause', forMs: undefined },
      { kind: 'work-anyway', forMs: 30 * minute },
      { kind: 'work-anyway', forMs: hour },
    ])
    expect(run.mock.calls.flat().slice(12)).toMatchObject([
      { kind: 'pause-gpu', forMs: 30 * minute },
      ...Array(4).fill({ kind: 'pause-gpu' }),
      { kind: 'pause-gpu', forMs: undefined },
    ])
  })

  it('is the way back, once the graphics card is paused', () => {
    const rows = ownerRows(running({ kind: 'ready' }, { gpus: [card], gpuPause: { since: 0 } }))
    expect(rows.flatMap(row => (row.kind === 'action' ? row.command : []))).toEqual([{ kind: 'resume-gpu' }])
  })

  it('cannot be clicked in a menu that is disabled', () => {
    const rows = ownerRows(running({ kind: 'paused' }, { gpus: [card] }))
    expect(menuTemplate(rows, vi.fn()).at(-1)).toMatchObject({ label: 'Pause GPU', enabled: false })
  })
})

it.each<[OwnerWish, keyof OwnedNode, unknown[]]>([
  [{ kind: 'pause', forMs: hour }, 'pause', [hour]],
  [{ kind: 'work-anyway' }, 'workAnyway', [undefined]],
  [{ kind: 'resume' }, 'resume', []],
  [{ kind: 'pause-gpu', forMs: hour }, 'pauseGpu', [hour]],
  [{ kind: 'resume-gpu' }, 'resumeGpu', []],
  [{ kind: 'finish' }, 'finish', []],
  [{ kind: 'service', type: 'ocr', enabled: false }, 'setService', ['ocr', false]],
])('the wish %o reaches the node as %s', async (wish, verb, values) => {
  const node = {
    pause: vi.fn(),
    workAnyway: vi.fn(),
    resume: vi.fn(),
    pauseGpu: vi.fn(),
    resumeGpu: vi.fn(),
    finish: vi.fn(),
    setService: vi.fn(),
  }
  await tell(node, wish)
  expect(node[verb].mock.calls).toEqual([values])
  expect(Object.values(node).filter(each => each.mock.calls.length > 0)).toHaveLength(1)
})
