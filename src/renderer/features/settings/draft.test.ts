import { describe, expect, it } from 'vitest'
import { defaultSettings, type Settings } from '../../../shared/schema/settings.ts'
import { type Edits, edited, issueAt, patchOf, rebased, reversed, valueAt } from './draft.ts'

const idle = 'limits.whileInUse.idleMinutes'
const edit = (path: Parameters<typeof edited>[2], value: unknown, edits: Edits = {}) =>
  edited(defaultSettings, edits, path, value)

describe('a draft of the settings', () => {
  it('holds what was typed, and shows the rest as it is saved', () => {
    const edits = edit(idle, 7)
    expect(valueAt(defaultSettings, edits, idle)).toBe(7)
    expect(valueAt(defaultSettings, edits, 'limits.memory.idle')).toBe(0.9)
    expect(valueAt(defaultSettings, edits, 'reading.languages')).toBeUndefined()
    expect(patchOf(edits).patch).toEqual({
      limits: { ...defaultSettings.limits, whileInUse: { idleMinutes: 7, cpu: 'run', gpu: 'pause' } },
    })
  })

  it('is empty again when a value comes back, also one that was missing', () => {
    expect(edit(idle, 3, edit(idle, 7))).toEqual({})
    expect(edit('limits.cpuThreads', undefined, edit('limits.cpuThreads', 2))).toEqual({})
    expect(edit('location', undefined, edit('location', 'leeds'))).toEqual({})
  })

  it('keeps what was changed elsewhere since, also of the same part', () => {
    const edits = edit('services.ocr.slots', 2, edit('network.relay', true))
    const joined = { ...defaultSettings.network, name: 'charity', caPublicKey: 'A'.repeat(43) }
    const ocr = { enabled: false }
    const is: Settings = { ...defaultSettings, network: joined, services: { ...defaultSettings.services, ocr } }
    expect(rebased(edits, defaultSettings, is)).toEqual({
      network: { ...joined, relay: true },
      services: { ...is.services, ocr: { enabled: false, slots: 2 } },
    })
    const both = { ...defaultSettings, network: { ...defaultSettings.network, relay: true } }
    expect(rebased(edit('network.relay', true), defaultSettings, both)).toEqual({})
    const placed: Settings = { ...defaultSettings, location: 'leeds' }
    expect(rebased(edited(placed, {}, 'location', undefined), placed, { ...placed, network: joined })).toEqual({
      location: null,
    })
  })

  it('takes a part out that may be missing', () => {
    const saved: Settings = { ...defaultSettings, location: 'leeds' }
    const edits = edited(saved, {}, 'location', undefined)
    expect(patchOf(edits).patch).toEqual({ location: null })
    expect(reversed(saved, { location: null })).toEqual({ location: 'leeds' })
    expect(reversed(defaultSettings, { location: 'leeds' })).toEqual({ location: null })
  })

  it('makes a part that was missing of its first value, and none of it when that goes', () => {
    const edits = edit('engines.model', 'llama3.2:3b')
    expect(patchOf(edits).patch).toEqual({ engines: { places: [], model: 'llama3.2:3b', maxTokens: 4_096 } })
    expect(edit('engines.model', undefined, edits)).toEqual({})
  })

  it('says at its address that a server is on a host that is not listed', () => {
    const at = 'services.chat.upstream' as const
    const edits = edit(at, { url: 'http://gpu-box.lan/chat' }, edit('services.chat.enabled', true))
    expect(issueAt(patchOf(edits).issues, `${at}.url`)?.code).toBe('custom')
    const listed = edit(`${at}.hosts`, ['gpu-box.lan'], edits)
    expect(patchOf(listed).issues).toEqual([])
    expect(issueAt(patchOf(edit(`${at}.url`, 'http://169.254.169.254/', listed)).issues, `${at}.url`)).toBeDefined()
  })

  it('says what is wrong at its place', () => {
    const edits = edit('limits.temperature.cpu.resumeBelow', 99, edit('network.seeds', ['/ip4/1.2.3.4', 'nonsense']))
    const { patch, issues } = patchOf(edits)
    expect(patch).toBeUndefined()
    expect(issueAt(issues, 'network.seeds')?.path).toEqual(['network', 'seeds', 1])
    expect(issueAt(issues, 'limits.temperature.cpu')?.code).toBe('custom')
    expect(issueAt(issues, 'limits.temperature.gpu')).toBeUndefined()
    expect(issueAt(patchOf(edit(idle, 'soon')).issues, idle)).toMatchObject({
      code: 'invalid_type',
      expected: 'number',
    })
  })
})
