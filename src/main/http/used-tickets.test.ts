import { describe, expect, it } from 'vitest'
import { UsedTickets } from './used-tickets.ts'

const ticket = (id: string, expiresAt: number, coordinator = 'one') => ({ coordinator, id, expiresAt })

describe('used tickets', () => {
  it('are remembered until they expire, and none is forgotten to make room', () => {
    const used = new UsedTickets({ mostOfCoordinator: 2 })
    used.use(ticket('a', 100), 0)
    used.use(ticket('b', 200), 0)
    expect(() => used.use(ticket('a', 100), 99)).toThrow(expect.objectContaining({ code: 'TICKET_REPLAYED' }))
    expect(() => used.use(ticket('c', 150), 99)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    used.use(ticket('c', 150), 100)
    expect(() => used.use(ticket('b', 200), 100)).toThrow(expect.objectContaining({ code: 'TICKET_REPLAYED' }))
  })

  it('of one coordinator, however many, keep nobody else’s from counting', () => {
    const used = new UsedTickets({ mostOfCoordinator: 100 })
    for (let id = 0; id < 100; id++) used.use(ticket(`${id}`, 100), 0)
    expect(() => used.use(ticket('more', 100), 0)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    used.use(ticket('0', 100, 'another'), 0)
    expect(() => used.use(ticket('0', 100, 'another'), 0)).toThrow(expect.objectContaining({ code: 'TICKET_REPLAYED' }))
  })

  it('are kept of so many coordinators, whose places are free again when all of theirs have expired', () => {
    const used = new UsedTickets()
    for (let index = 0; index < 64; index++) used.use(ticket('a', 100, `coordinator ${index}`), 0)
    expect(() => used.use(ticket('a', 100, 'one more'), 99)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    used.use(ticket('a', 200, 'one more'), 100)
  })
})
