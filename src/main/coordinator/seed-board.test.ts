import { generateKeyPair } from '@libp2p/crypto/keys'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSeed } from '../../shared/membership/seed-envelope.ts'
import { day, hour, minute } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { SeedBoard } from './seed-board.ts'

const networkId = '0123456789abcdef'
let clock: TurnedClock
let board: SeedBoard
let sealed: number

beforeEach(async () => {
  clock = new TurnedClock()
  sealed = 0
  const key = await generateKeyPair('Ed25519')
  board = new SeedBoard(
    {
      signer: {
        peerId: key.publicKey.toString(),
        sign: async content => {
          sealed++
          return key.sign(content)
        },
      },
      addresses: { get: () => ['/ip4/11.0.0.1/tcp/8468'], port: () => 8468, onChange: () => () => undefined },
      others: () => [],
      certificate: () => undefined,
      clock,
      log: pino({ level: 'silent' }),
    },
    { networkId, location: () => undefined },
  )
  await board.start()
})
afterEach(() => board.stop())

const open = async () => openSeed(board.own.get()?.envelope ?? '', { networkId, now: clock.now() })

describe('a coordinator’s own seed', () => {
  it('is made anew each half day, and not before', async () => {
    clock.turn(11 * hour)
    expect(sealed).toBe(1)
    clock.turn(1 * hour)
    await vi.waitFor(() => expect(sealed).toBe(2))
  })

  it.each([3 * day, -3 * day])('is made anew within a minute after the clock was set by %i ms', async byMs => {
    clock.set(byMs)
    await expect(open()).rejects.toMatchObject({ code: 'SEED_REFUSED' })
    clock.turn(1 * minute)
    await vi.waitFor(async () => expect(await open()).toBeDefined())
  })
})
