import { pino } from 'pino'
import { beforeEach, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { closestPeers, keyPosition, peerPosition } from '../directory/keys.ts'
import { peerIdTextOf } from '../directory/signing.ts'
import { type AskCloser, brief, ClosestPeers, thorough } from './closest.ts'
import type { Contact } from './contacts.ts'

const target = keyPosition('service:ocr')
const log = pino({ level: 'silent' })

function contact(index: number): Contact {
  const peerId = peerIdTextOf(Uint8Array.from([index, ...new Uint8Array(31)]))
  return { peerId, position: peerPosition(peerId), group: 'lan', party: peerId, addresses: [], connected: true }
}

const everybody = closestPeers(
  Array.from({ length: 30 }, (_, index) => contact(index)),
  target,
  30,
)
const [first, ...others] = everybody as [Contact, ...Contact[]]

let clock: TurnedClock
let heard: Contact[]
let left: string[]
let ask: AskCloser

beforeEach(() => {
  clock = new TurnedClock()
  heard = []
  left = []
  ask = async () => everybody
})

function find(start: Contact[], { signal = new AbortController().signal, sure = thorough } = {}) {
  const contacts = { closest: () => start, hear: (named: Iterable<Contact>) => void heard.push(...named) }
  const leave = (peerId: string) => void left.push(peerId)
  const closest = new ClosestPeers({ contacts, ask: (...asked) => ask(...asked), leave, clock, log })
  return closest.find(target, { sure, signal })
}

it('finds the 8 closest by asking whoever it knows, and remembers where the others are', async () => {
  expect(await find(everybody.slice(-1))).toEqual({
    closest: everybody.slice(0, 8),
    certain: true,
    full: 0,
  })
  expect(heard).toContain(first)
})

it('leaves those whom it had to connect with on the way, and stays with the 8 closest and those it knew', async () => {
  const [known, stranger] = others.slice(-2) as [Contact, Contact]
  await find([known, { ...stranger, connected: false }])
  expect(left).toEqual([stranger.peerId])
})

it('finds nobody where there is nobody to ask', async () => {
  expect((await find([])).closest).toEqual([])
})

it('does without those that cannot be reached', async () => {
  ask = async ({ peerId }) => {
    if (peerId === first.peerId) throw new RmaError('NOT_FOUND', 'gone')
    return everybody
  }
  expect(await find(everybody)).toEqual({ closest: others.slice(0, 8), certain: true, full: 0 })
})

it('asks others when one does not answer, and waits for it where all are to answer', async () => {
  const mute = Promise.withResolvers<Contact[]>()
  const asked: string[] = []
  ask = ({ peerId }) => {
    asked.push(peerId)
    return peerId === first.peerId ? mute.promise : Promise.resolve(everybody)
  }
  const result = find(everybody)
  await vi.waitFor(() => expect(asked).toHaveLength(8))
  clock.turn(0.25 * second)
  await vi.waitFor(() => expect(asked).toHaveLength(9))
  mute.resolve(everybody)
  expect(await result).toEqual({ closest: everybody.slice(0, 8), certain: true, full: 0 })
})

it('waits for one that does not answer no longer than until it would count as mute, and is not certain then', async () => {
  let asked = 0
  ask = ({ peerId }) => {
    asked++
    return peerId === first.peerId ? new Promise(() => undefined) : Promise.resolve(everybody)
  }
  const result = find(everybody)
  await vi.waitFor(() => expect(asked).toBe(8))
  clock.turn(0.25 * second)
  await vi.waitFor(() => expect(asked).toBe(9))
  await new Promise(resolve => setImmediate(resolve))
  clock.turn(0.75 * second)
  expect(await result).toMatchObject({ certain: false, full: 0 })
  expect((await result).closest).toContainEqual(first)
})

it('gives one that has to be connected with first the time that takes', async () => {
  const strangers = everybody.map(each => ({ ...each, connected: false }))
  let asked = 0
  ask = ({ peerId }) => {
    asked++
    return peerId === first.peerId ? new Promise(() => undefined) : Promise.resolve(strangers)
  }
  void find(strangers)
  await vi.waitFor(() => expect(asked).toBe(8))
  clock.turn(0.7 * second)
  expect(asked).toBe(8)
  clock.turn(0.1 * second)
  expect(asked).toBe(9)
})

it('waits for nobody where a few answers are enough, and is not certain then', async () => {
  ask = ({ peerId }) => (peerId === first.peerId ? new Promise(() => undefined) : Promise.resolve(everybody))
  const { closest, certain } = await find(everybody, { sure: brief })
  expect(closest.map(({ peerId }) => peerId)).toContain(first.peerId)
  expect(certain).toBe(false)
})

it('goes on to nobody in the place of one that has no room', async () => {
  const asked: string[] = []
  ask = async ({ peerId }) => {
    asked.push(peerId)
    if (peerId === first.peerId) throw Object.assign(new Error('connect ECONNRESET'), { code: 'ECONNRESET' })
    return everybody
  }
  expect(await find(everybody)).toEqual({ closest: everybody.slice(1, 8), certain: true, full: 1 })
  expect(asked).toHaveLength(8)
})

it.each([
  ['to answer', new RmaError('DEADLINE', 'no answer')],
  ['for the handshake', Object.assign(new Error('aborted due to timeout'), { name: 'EncryptionFailedError' })],
])('leaves out one whose time %s has run out, and is not certain', async (_, error) => {
  ask = ({ peerId }) => (peerId === first.peerId ? Promise.reject(error) : Promise.resolve(everybody))
  expect(await find(everybody)).toEqual({ closest: others.slice(0, 8), certain: false, full: 0 })
})

it('ends after 8 s with what it has, and at once when it is cancelled', async () => {
  const signals: AbortSignal[] = []
  ask = (_contact, _target, { signal }) => {
    signals.push(signal)
    return new Promise(() => undefined)
  }
  const late = find(everybody)
  clock.turn(8 * second)
  expect((await late).closest).toHaveLength(8)
  expect(signals.every(({ aborted }) => aborted)).toBe(true)
  const life = new AbortController()
  const cancelled = find(everybody, life)
  life.abort(new Error('enough'))
  await expect(cancelled).rejects.toThrow('enough')
  await expect(find(everybody, life)).rejects.toThrow('enough')
})
