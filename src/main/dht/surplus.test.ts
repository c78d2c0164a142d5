import fc from 'fast-check'
import { expect, it } from 'vitest'
import { type HeldPeer, surplusPeers } from './surplus.ts'

const budget = { most: 20, wanted: 15, idleMs: 100 }
const now = 1_000

function peers(count: number, change: (index: number) => Partial<HeldPeer> = () => ({})): HeldPeer[] {
  return Array.from({ length: count }, (_, index) => ({
    peerId: `peer-${index}`,
    connectedAt: index,
    usedAt: index,
    busy: false,
    ...change(index),
  }))
}

it('hangs up on nobody while there are not too many', () => {
  expect(surplusPeers(peers(20), now, budget)).toEqual([])
})

it('hangs up on those used least recently, until there are as many as wanted', () => {
  const held = peers(21, index => ({ usedAt: 500 - index }))
  expect(surplusPeers(held, now, budget)).toEqual([20, 19, 18, 17, 16, 15].map(index => `peer-${index}`))
})

it('leaves alone whom it talks with', () => {
  const held = peers(21, index => (index < 10 ? { usedAt: now - 50 } : { busy: true }))
  expect(surplusPeers(held, now, budget)).toEqual([])
})

it('keeps the 8 of each bucket that have been connected longest', () => {
  const held = peers(24, index => ({ bucket: index % 2 }))
  expect(surplusPeers(held, now, budget).sort()).toEqual([16, 17, 18, 19, 20, 21, 22, 23].map(index => `peer-${index}`))
})

it('never closes what is needed, and never more than too many', () => {
  const anyPeer = fc.record({ bucket: fc.nat(3), usedAt: fc.nat(now), connectedAt: fc.nat(now), busy: fc.boolean() })
  fc.assert(
    fc.property(fc.array(anyPeer, { maxLength: 60 }), all => {
      const held = all.map((each, index) => ({ peerId: String(index), ...each }))
      const closed = new Set(surplusPeers(held, now, budget))
      expect(closed.size).toBeLessThanOrEqual(Math.max(0, held.length - budget.wanted))
      for (const { peerId, busy, usedAt } of held)
        if (busy || now - usedAt < budget.idleMs) expect(closed).not.toContain(peerId)
      for (const bucket of [0, 1, 2, 3]) {
        const kept = held.filter(each => each.bucket === bucket && !closed.has(each.peerId))
        expect(kept.length).toBeGreaterThanOrEqual(Math.min(8, held.filter(each => each.bucket === bucket).length))
      }
    }),
  )
})
