import { generateKeyPair } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import type { Host } from '../dht/host.ts'
import type { RecordDraft } from './announce-plan.ts'
import { Announcer, type AnnouncerComponents } from './announcer.ts'
import type { Question } from './channel.ts'
import type { AnswerFrame } from './frames.ts'
import { coordinatorKey, coordinatorsKey, peerPosition, serviceKey, shardOf } from './keys.ts'
import { maxRecordBytes, openRecord, readRecord, sealRecord } from './record.ts'
import type { Registrar } from './registrars.ts'
import { Registry } from './registry.ts'
import { readRenewal } from './renewal.ts'
import { Sequence } from './sequence.ts'
import { createTestHost, loneRegistrars, memoryStore, ocrDraft } from './test-network.ts'

const log = pino({ level: 'silent' })
const hugeSeq = Number.MAX_SAFE_INTEGER - 10

let clock: TurnedClock
let privateKey: Ed25519PrivateKey
let host: Host
let announcer: Announcer
let heard: Question[]
let letGo: string[]
/** The registrar: this node's own, whose answers the tests choose. */
let answer: (question: Question) => Promise<AnswerFrame>

const accept = async (): Promise<AnswerFrame> => ({ kind: 'ok', id: 0 })
const settled = () => vi.waitFor(() => expect(announcer.settled).toBe(true))

/** The seq of each thing that was said, in order. */
function seqs(): number[] {
  return heard.map(question => {
    if (question.kind === 'announce') return readRecord(question.record).claims.record.seq
    if (question.kind === 'renew') return readRenewal(question.renewal).claims.seq
    throw new Error(`an announcer does not ${question.kind}`)
  })
}

/** A record sealed with any key, dated now. */
function record(by: Ed25519PrivateKey, seq: number): Promise<Uint8Array> {
  const issuedAt = clock.now()
  const fields = { ...ocrDraft(), addresses: [], seq, issuedAt, expiresAt: issuedAt + 5 * minute }
  return sealRecord(by, host.networkId, fields)
}

/** The state in each whole record among `questions`. */
function statesOf(questions: readonly Question[]): string[] {
  return questions.flatMap(question =>
    question.kind === 'announce' ? [readRecord(question.record).claims.record.state] : [],
  )
}
const states = () => statesOf(heard)

function registrar(peerId: string): Registrar {
  return { peerId, group: peerId, position: peerPosition(host.peerId.toString()), connected: true }
}

/** An announcer of the same node whose only registrar is that node, the given parts changed. */
function make(change: Partial<AnnouncerComponents> = {}): Announcer {
  return new Announcer(
    {
      host,
      privateKey,
      registrars: loneRegistrars(host),
      ask: (_peerId, question) => {
        heard.push(question)
        return answer(question)
      },
      letGo: peerId => void letGo.push(peerId),
      sequence: new Sequence({ store: memoryStore(), clock, log }),
      clock,
      log,
      ...change,
    },
    { heartbeatIntervalMs: 30 * second, workerTtlMs: 5 * minute },
  )
}

async function say(draft: Partial<RecordDraft> = {}): Promise<void> {
  announcer.update(ocrDraft(draft))
  await settled()
}

beforeEach(async () => {
  clock = new TurnedClock()
  privateKey = await generateKeyPair('Ed25519')
  host = await createTestHost({ privateKey })
  heard = []
  letGo = []
  answer = accept
  announcer = make()
  await host.start()
  announcer.start()
})

afterEach(async () => {
  announcer.stop()
  await host.stop()
})

describe('an announcer', () => {
  it('says the whole record first, and renews it at each heartbeat', async () => {
    await say()
    expect(heard.map(question => question.kind)).toEqual(['announce'])
    expect(announcer.heldBy).toBe(1)
    clock.turn(30 * second)
    await settled()
    expect(heard.map(question => question.kind)).toEqual(['announce', 'renew'])
  })

  it('says a record that was renewed meanwhile, and then the renewal, to whoever has lost it', async () => {
    await say()
    answer = async () => {
      answer = accept
      throw new RmaError('NOT_FOUND', 'announce the record')
    }
    clock.turn(30 * second)
    await settled()
    expect(heard.map(question => question.kind)).toEqual(['announce', 'renew', 'announce', 'renew'])
    expect(announcer.heldBy).toBe(1)
  })

  it('tries a registrar that fails again later, and not at once', async () => {
    answer = async () => {
      throw new RmaError('QUOTA_EXCEEDED', 'no room')
    }
    await say()
    expect(heard).toHaveLength(1)
    expect(announcer.heldBy).toBe(0)
    answer = accept
    clock.turn(minute)
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
  })

  it('leaves alone a registrar that declines all keys, until there is a new record', async () => {
    answer = async question => {
      const keys = question.kind === 'announce' ? question.keys : []
      return { kind: 'ok', id: 0, declined: keys.map(key => ({ key, code: 'NOT_REGISTRAR' })) }
    }
    await say()
    clock.turn(minute)
    await settled()
    expect(heard.map(question => question.kind)).toEqual(['announce'])
    expect(announcer.heldBy).toBe(0)
    expect(announcer.isHeldBy(host.peerId.toString())).toBe(false)
    expect(letGo).toEqual([host.peerId.toString()])
    answer = accept
    await say({ location: 'london' })
    expect(announcer.heldBy).toBe(1)
  })

  it('is announced, renewed and leaves although its addresses are more than a record has room for', async () => {
    const long = (index: number) => `/dns4/${`${index}`.padStart(2, '0').repeat(120)}/tcp/1`
    const short = '/ip4/192.0.2.1/tcp/8468'
    const all = [...Array.from({ length: 16 }, (_, index) => long(index)), short]
    const addresses = [...all.slice(0, 15), short, ...all.slice(15, 16)]
    vi.spyOn(host, 'addresses').mockReturnValue(addresses)
    await say()
    clock.turn(30 * second)
    await settled()
    clock.turn(10 * second)
    await settled()
    await announcer.leave()
    expect(heard.map(question => question.kind)).toEqual(['announce', 'renew', 'announce'])
    expect(states()).toEqual(['donating', 'left'])
    const [record] = heard.flatMap(question => (question.kind === 'announce' ? [question.record] : []))
    const named = readRecord(record ?? new Uint8Array()).claims.record.addresses
    expect(named).toEqual([...addresses.slice(0, named.length - 1), short])
    // One more of the long ones would not have fitted.
    expect((record?.length ?? 0) + 3 + long(0).length).toBeGreaterThan(maxRecordBytes)
  })

  it('goes on to keys with one digit more while there is no room, and asks again for room half an hour later', async () => {
    const position = peerPosition(host.peerId.toString())
    const keys = [0, 1, 2].map(digits => serviceKey('ocr', shardOf(position, digits)))
    const full = new Set(keys.slice(0, 2))
    const asked = () => heard.flatMap(question => (question.kind === 'announce' ? question.keys : []))
    answer = async question => {
      const declined = question.kind === 'announce' ? question.keys.filter(key => full.has(key)) : []
      return { kind: 'ok', id: 0, declined: declined.map(key => ({ key, code: 'QUOTA_EXCEEDED' })) }
    }
    await say()
    await vi.waitFor(() => expect(asked()).toEqual(keys))
    await settled()
    expect(announcer.heldBy).toBe(1)
    expect(new Set(letGo)).toEqual(new Set([host.peerId.toString()]))
    expect(announcer.isHeldBy(host.peerId.toString())).toBe(true)

    full.clear()
    heard = []
    for (let minutes = 0; minutes < 45; minutes++) {
      clock.turn(minute)
      await settled()
      if (minutes < 20) expect(asked()).not.toContain(keys[0])
    }
    const inTheEnd = heard.filter(question => question.kind === 'announce').at(-1)
    expect(inTheEnd).toMatchObject({ keys: [keys[0]] })
  })

  it('counts a registrar that declines some of the keys', async () => {
    answer = async () => ({ kind: 'ok', id: 0, declined: [{ key: 'service:ocr', code: 'NOT_REGISTRAR' }] })
    await say({ services: ['ocr', 'chat'] })
    expect(announcer.heldBy).toBe(1)
  })

  it('says nothing more once it has stopped, though an answer is still on its way', async () => {
    const late = Promise.withResolvers<AnswerFrame>()
    answer = () => late.promise
    announcer.update(ocrDraft())
    await vi.waitFor(() => expect(heard).toHaveLength(1))
    announcer.stop()
    late.reject(new RmaError('CANCELLED', 'stopped'))
    await settled()
    clock.turn(10 * minute)
    expect(heard).toHaveLength(1)
  })

  it('announces to whom it knows while the DHT cannot be asked', async () => {
    await host.stop()
    await say({ services: ['ocr', 'chat'] })
    expect(announcer.heldBy).toBe(1)
    clock.turn(2.5 * minute)
    await settled()
    expect(announcer.heldBy).toBe(1)
  })

  it('says as its last word that it has left', async () => {
    await say()
    await announcer.leave()
    expect(readRecord((heard.at(-1) as { record: Uint8Array }).record).claims.record.state).toBe('left')
    expect(announcer.heldBy).toBe(0)
    const said = heard.length
    clock.turn(10 * minute)
    await settled()
    expect(heard).toHaveLength(said)
  })

  it('gives up leaving after two seconds with a registrar that does not answer', async () => {
    await say()
    answer = () => new Promise(() => undefined)
    const left = announcer.leave()
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    clock.turn(2 * second)
    await left
  })

  it('is still there where it is wanted again while it leaves', async () => {
    await say()
    const slow = Promise.withResolvers<AnswerFrame>()
    answer = () => slow.promise
    const left = announcer.leave()
    await vi.waitFor(() => expect(heard).toHaveLength(2))
    answer = accept
    announcer.update(ocrDraft())
    slow.resolve(await accept())
    await left
    await settled()
    expect(states()).toEqual(['donating', 'left', 'donating'])
    expect(announcer.heldBy).toBe(1)
    clock.turn(30 * second)
    await settled()
    expect(heard.at(-1)?.kind).toBe('renew')
  })

  it('tells everybody who holds its record that it leaves, also who no longer has to keep it', async () => {
    const [before, after] = [registrar('before'), registrar('after')]
    let closest = [before]
    const told: string[] = []
    const another = make({
      registrars: Object.assign(loneRegistrars(host), { of: () => closest, refresh: async () => true }),
      ask: (peerId, question) => {
        told.push(`${peerId} ${statesOf([question])[0] ?? question.kind}`)
        return accept()
      },
    })
    another.start()
    another.update(ocrDraft())
    await vi.waitFor(() => expect(another.heldBy).toBe(1))
    closest = [after]
    await another.leave()
    expect(told.sort()).toEqual(['after left', 'before donating', 'before left'])
    another.stop()
  })

  it('says nothing where it leaves or stops before its first record has a number', async () => {
    for (const end of ['leave', 'stop'] as const) {
      const reserving = Promise.withResolvers<number>()
      const store = { load: vi.fn(() => reserving.promise), save: async () => undefined }
      const another = make({ sequence: new Sequence({ store, clock, log }) })
      another.start()
      another.update(ocrDraft())
      await vi.waitFor(() => expect(store.load).toHaveBeenCalled())
      await another[end]()
      reserving.resolve(0)
      await vi.waitFor(() => expect(another.settled).toBe(true))
      expect(heard).toEqual([])
      another.stop()
    }
  })

  it('stands under the keys of coordinators where it is one, also under that of its place', async () => {
    const capabilities = { ...ocrDraft().capabilities, workerType: 'coordinator' as const }
    const self = host.peerId.toString()
    const keys = () => heard.flatMap(question => (question.kind === 'announce' ? [question.keys] : [])).at(-1)
    await say({ services: [], capabilities })
    expect(keys()).toEqual([coordinatorsKey(), coordinatorKey(self)])
    await say({ services: [], capabilities, location: 'london' })
    expect(keys()).toEqual([coordinatorsKey(), coordinatorKey(self), coordinatorsKey('london')])
  })

  it('has nothing to leave where it has said nothing', async () => {
    await announcer.leave()
    await settled()
    expect(heard).toEqual([])
  })

  it('looks its registrars up again until it is certain who they are, also after that has failed', async () => {
    const results: (() => Promise<boolean>)[] = [
      async () => false,
      async () => true,
      () => Promise.reject(new Error('nobody answers')),
    ]
    let asked = 0
    const registrars = Object.assign(loneRegistrars(host), { refresh: () => results[asked++]?.() ?? true })
    const another = make({ registrars })
    another.start()
    another.update(ocrDraft({ services: ['ocr', 'chat'] }))
    await vi.waitFor(() => expect(asked).toBe(2))
    for (const count of [4, 6])
      await vi.waitFor(() => {
        // The second key is asked about right after the first, at no later time.
        if (asked < count) clock.turn(0.5 * second)
        expect(asked).toBe(count)
      })
    clock.turn(minute)
    expect(asked).toBe(6)
    another.stop()
  })

  it('looks each of its keys up, however slow the lookups of others are', async () => {
    const looked: string[] = []
    const refresh = (key: string, _lookup: unknown, signal: AbortSignal) =>
      new Promise<boolean>((_, reject) => {
        looked.push(key)
        signal.addEventListener('abort', () => reject(signal.reason))
      })
    const another = make({ registrars: Object.assign(loneRegistrars(host), { refresh }) })
    another.start()
    another.update(ocrDraft({ services: ['ocr', 'chat'] }))
    await vi.waitFor(() => {
      clock.turn(second)
      expect(looked.slice(0, 2)).toEqual(['service:ocr', 'service:chat'])
    })
    another.stop()
  })

  it('forgets a registrar that has to keep nothing of it any more once what it kept has expired', async () => {
    let closest = [registrar('before')]
    const another = make({
      registrars: Object.assign(loneRegistrars(host), { of: () => closest, refresh: async () => true }),
    })
    another.start()
    another.update(ocrDraft())
    await vi.waitFor(() => expect(another.isHeldBy('before')).toBe(true))
    closest = [registrar('after')]
    clock.turn(4 * minute)
    await vi.waitFor(() => expect(another.isHeldBy('after')).toBe(true))
    expect(another.isHeldBy('before')).toBe(true)
    clock.turn(1 * minute)
    await vi.waitFor(() => expect(another.isHeldBy('before')).toBe(false))
    another.stop()
  })

  it('goes on trying when a number for its record cannot be had', async () => {
    const store = { load: async () => Number.MAX_SAFE_INTEGER, save: async () => undefined }
    const failing = make({ sequence: new Sequence({ store, clock, log }) })
    failing.start()
    failing.update(ocrDraft())
    await vi.waitFor(() => expect(failing.settled).toBe(true))
    expect(failing.heldBy).toBe(0)
    failing.stop()
  })
})

describe('an answer that something later is held', () => {
  const stale = (bytes: Uint8Array): AnswerFrame => ({ kind: 'stale', id: 0, record: bytes })

  it('that is proven makes the node go on above it', async () => {
    const restored = clock.now() + 1_000_000
    const held = await record(privateKey, restored)
    answer = async () => {
      answer = accept
      return stale(held)
    }
    await say()
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
    expect(seqs()).toHaveLength(2)
    expect(seqs()[1]).toBeGreaterThan(restored)
  })

  it('that nothing proves moves no number, and its registrar counts as failing', async () => {
    const forged = (await record(await generateKeyPair('Ed25519'), hugeSeq)).slice()
    const lies = [forged, (await record(privateKey, hugeSeq)).fill(1, -64), Uint8Array.of(1, 2, 3)]
    for (const lie of lies) {
      answer = async () => stale(lie)
      await say({ location: `place-${lies.indexOf(lie)}` })
      expect(announcer.heldBy).toBe(0)
    }
    answer = accept
    clock.turn(10 * minute)
    await vi.waitFor(() => expect(announcer.heldBy).toBe(1))
    expect(Math.max(...seqs())).toBeLessThan(clock.now() + 1_000)
  })

  it('of an own record older than the newest moves nothing either', async () => {
    const old = await record(privateKey, 7)
    answer = async () => stale(old)
    await say()
    expect(openRecord(old, host.networkId).record.seq).toBe(7)
    expect(seqs()).toEqual([clock.now()])
  })

  it('of its own newest record moves nothing: one renewal came after the next', async () => {
    await say()
    const [said] = heard
    answer = async question => {
      if (question.kind !== 'renew' || said?.kind !== 'announce') throw new Error('expected a renewal')
      answer = accept
      return { ...stale(said.record), renewal: question.renewal } as AnswerFrame
    }
    clock.turn(30 * second)
    await settled()
    clock.turn(30 * second)
    await settled()
    expect(heard.map(({ kind }) => kind)).toEqual(['announce', 'renew', 'renew'])
  })

  it('by a copy of this node that has announced itself since is noticed at the next renewal', async () => {
    const registry = new Registry({ hasRole: () => true }, { networkId: host.networkId })
    const by = () => ({ from: host.peerId.toString(), now: clock.now() })
    answer = async question => {
      if (question.kind === 'announce')
        return { id: 0, ...registry.announce(question.record, { ...by(), keys: question.keys }) }
      if (question.kind === 'renew') return { id: 0, ...registry.renew(question.renewal, by()) }
      throw new RmaError('BAD_REQUEST', `expected an announcement, got ${question.kind}`)
    }
    await say()
    clock.turn(10 * second)
    const ofCopy = clock.now()
    registry.announce(await record(privateKey, ofCopy), { ...by(), keys: [serviceKey('ocr')] })
    clock.turn(20 * second)
    await settled()
    expect(heard.map(({ kind }) => kind)).toEqual(['announce', 'renew', 'announce', 'announce'])
    expect(seqs().at(-1)).toBeGreaterThan(ofCopy)
    expect(announcer.heldBy).toBe(1)
  })
})
