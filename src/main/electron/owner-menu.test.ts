import { describe, expect, it, vi } from 'vitest'
import type { Gpu } from '../../shared/schema/capabilities.ts'
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
  gpuPaused?: boolean
}

function running(activity: Activity, scene: Scene = {}): NodeState {
  const { donating = true, hides = false, gpus = [], gpuPaused = false } = scene
  const allowance = { ...sampleStatus.allowance, ...(hides ? { hides: { kind: 'metered' as const } } : {}) }
  const capabilities = { ...sampleStatus.capabilities, gpus }
  return {
    kind: 'running',
    status: { ...sampleStatus, activity, donating, allowance, capabilities },
    gpuPaused,
    knownPeers: 0,
    update: { kind: 'current' },
    safeMode: false,
  }
}

/** One word a row: menus with ▸, what cannot be clicked in parentheses. */
function read(rows: MenuRow[]): string[] {
  return rows.map(row => {
    if (row.kind === 'separator') return '—'
    if (row.kind === 'menu') return `${row.label} ▸`
    if (row.kind === 'switch') return `[${row.on ? 'x' : ' '}] ${row.label}`
    return row.kind === 'text' || row.disabled === true ? `(${row.label})` : row.label
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
      ['[x] Donate Compute', 'Pause for ▸', 'Follow my rules', 'Pause GPU', 'Finish current work, then stop'],
    ],
    [
      'has its graphics card paused',
      { ...onBattery, reason: { kind: 'gpu-paused' } },
      { gpus: [card], gpuPaused: true },
      ['[x] Donate Compute', 'Pause for ▸', 'Resume GPU'],
    ],
    [
      'is paused altogether, with a graphics card',
      { kind: 'paused' },
      { gpus: [card] },
      ['[x] Donate Compute', 'Resume', '(Pause GPU)'],
    ],
  ])('while the node %s', (_when, activity, scene, expected) => {
    expect(read(ownerRows(running(activity, scene)))).toEqual(expected)
  })

  it.each<NodeState>([{ kind: 'starting' }, { kind: 'failed' }])('is nothing without a node that runs', state => {
    expect(ownerRows(state)).toEqual([])
  })

  it('is for how long', () => {
    const menus = ownerRows(running(onBattery)).filter(row => row.kind === 'menu')
    expect(menus.map(menu => read(menu.rows))).toEqual([lengths, lengths])
    const run = vi.fn()
    for (const menu of menuTemplate(menus, run)) for (const row of menu.submenu ?? []) row.click?.()
    expect(run.mock.calls.flat().slice(4, 8)).toEqual([
      { kind: 'pause', forMs: 8 * hour },
      { kind: 'pause', forMs: undefined },
      { kind: 'work-anyway', forMs: 30 * minute },
      { kind: 'work-anyway', forMs: hour },
    ])
  })

  it('is said in two ways of the graphics card, one at a time', () => {
    const commandOf = (gpuPaused: boolean) =>
      ownerRows(running({ kind: 'ready' }, { gpus: [card], gpuPaused })).flatMap(row =>
        row.kind === 'action' ? row.command : [],
      )
    expect(commandOf(false)).toEqual([{ kind: 'pause-gpu', paused: true }])
    expect(commandOf(true)).toEqual([{ kind: 'pause-gpu', paused: false }])
  })
})

it.each<[OwnerWish, keyof OwnedNode, unknown[]]>([
  [{ kind: 'pause', forMs: hour }, 'pause', [hour]],
  [{ kind: 'work-anyway' }, 'workAnyway', [undefined]],
  [{ kind: 'resume' }, 'resume', []],
  [{ kind: 'pause-gpu', paused: true }, 'pauseGpu', [true]],
  [{ kind: 'finish' }, 'finish', []],
  [{ kind: 'service', type: 'ocr', enabled: false }, 'setService', ['ocr', false]],
])('the wish %o reaches the node as %s', async (wish, verb, values) => {
  const node = {
    pause: vi.fn(),
    workAnyway: vi.fn(),
    resume: vi.fn(),
    pauseGpu: vi.fn(),
    finish: vi.fn(),
    setService: vi.fn(),
  }
  await tell(node, wish)
  expect(node[verb].mock.calls).toEqual([values])
  expect(Object.values(node).filter(each => each.mock.calls.length > 0)).toHaveLength(1)
})
