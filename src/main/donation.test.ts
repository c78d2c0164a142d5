import { pino } from 'pino'
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest'
import type { Allowance, Mode } from '../shared/schema/allowance.ts'
import { defaultSettings, type Settings } from '../shared/schema/settings.ts'
import { sampleStatus } from '../shared/testing/samples.ts'
import { hour, minute } from '../shared/units.ts'
import { TurnedClock } from './clock.ts'
import { Donation, type DonationComponents, draftOf, type WorkerDraft } from './donation.ts'
import { LiveValue } from './live-value.ts'

const log = pino({ level: 'silent' })
const capacity = { load: 0, queue: { running: 0, waiting: 0, slots: 2, bound: 8 } }
const facts = {
  donating: true,
  mode: 'work' as Mode,
  services: sampleStatus.services,
  capabilities: sampleStatus.capabilities,
  capacity,
  addresses: [],
  location: undefined,
}

describe('what is announced', () => {
  it.each<[Mode, string]>([
    ['work', 'donating'],
    ['slow', 'donating'],
    ['drain', 'draining'],
    ['halt', 'paused'],
  ])('in mode %s is the state %s', (mode, state) => {
    expect(draftOf({ ...facts, mode })?.state).toBe(state)
  })

  it('names the address on the web where there is one', () => {
    expect(draftOf({ ...facts, tunnelUrl: 'https://w1.example.org' })?.tunnelUrl).toBe('https://w1.example.org')
    expect(draftOf(facts)).not.toHaveProperty('tunnelUrl')
  })

  it('says that the node relays for others, where it does', () => {
    expect(draftOf({ ...facts, relays: true })?.relays).toBe(true)
    expect(draftOf({ ...facts, relays: false })).not.toHaveProperty('relays')
  })

  it('is nothing while donating is off', () => {
    expect(draftOf({ ...facts, donating: false })).toBeUndefined()
  })
})

describe('a donor', () => {
  let settings: LiveValue<Settings>
  let allowance: LiveValue<Allowance>
  let drafts: WorkerDraft[]
  let donation: Donation
  const clock = new TurnedClock()

  beforeEach(() => {
    settings = new LiveValue<Settings>({ ...defaultSettings, donating: true, consent: true })
    allowance = new LiveValue<Allowance>({ ...sampleStatus.allowance, mode: 'work', reason: { kind: 'clear' } })
    drafts = []
    const change = async (by: (settings: Settings) => Settings) => {
      settings.set(by(settings.get()))
      return settings.get()
    }
    const parts = {
      settings: { settings, change, changeAtOnce: change },
      allowance,
      services: { status: new LiveValue(sampleStatus.services), configure: vi.fn(), capacity: () => capacity },
      announcer: { update: (draft: WorkerDraft) => drafts.push(draft), leave: async () => undefined },
      capabilities: new LiveValue(sampleStatus.capabilities),
      addresses: { get: () => [], onChange: () => () => undefined },
      clock,
      log,
    }
    donation = new Donation(parts as unknown as DonationComponents, {
      location: () => undefined,
      tunnelUrl: () => undefined,
      vpnIp: () => undefined,
      relays: () => false,
    })
    donation.start()
    onTestFinished(() => donation.stop())
  })

  it('who has to wait is announced as paused at once, and only once', () => {
    allowance.update(now => ({ ...now, mode: 'halt', reason: { kind: 'on-battery' } }))
    allowance.update(now => ({ ...now, reason: { kind: 'on-battery', percent: 50 } }))
    expect(drafts.slice(1).map(({ state }) => state)).toEqual(['paused'])
  })

  it('who pauses for a while, resumes', async () => {
    await donation.pause(30 * minute)
    expect(settings.get().override).toEqual({ kind: 'pause', since: clock.now(), until: clock.now() + 30 * minute })
    await donation.workAnyway()
    expect(settings.get().override).toEqual({ kind: 'run', since: clock.now() })
    await donation.resume()
    expect(settings.get()).not.toHaveProperty('override')
  })

  it('who wants to stop after what runs can change their mind', async () => {
    await donation.finish()
    expect(settings.get()).toMatchObject({ donating: true, finishing: true })
    await donation.resume()
    expect(settings.get()).toMatchObject({ donating: true, finishing: false })
    await donation.set(false)
    await donation.finish()
    expect(settings.get()).toMatchObject({ donating: false, finishing: false })
  })

  it('may pause graphics cards alone', async () => {
    await donation.pauseGpu(hour)
    const gpuPause = { since: clock.now(), until: clock.now() + hour }
    expect(settings.get()).toMatchObject({ gpuPause, donating: true })
    await donation.pause()
    await donation.resume()
    expect(settings.get()).toMatchObject({ gpuPause })
    expect(settings.get()).not.toHaveProperty('override')
    await donation.resumeGpu()
    expect(settings.get()).not.toHaveProperty('gpuPause')
    await donation.pauseGpu()
    expect(settings.get().gpuPause).toEqual({ since: clock.now() })
  })
})
