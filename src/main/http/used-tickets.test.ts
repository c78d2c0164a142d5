import { describe, expect, it } from 'vitest'
import { UsedTickets } from './used-tickets.ts'

describe('used tickets', () => {
  it('are remembered until they expire, and none is forgotten to make room', () => {
    const used = new UsedTickets({ most: 2 })
    used.use('a', 100, 0)
    used.use('b', 200, 0)
    expect(() => used.use('a', 100, 99)).toThrow(expect.objectContaining({ code: 'TICKET_REPLAYED' }))
    expect(() => used.use('c', 150, 99)).toThrow(expect.objectContaining({ code: 'BUSY' }))
    used.use('c', 150, 100)
    expect(() => used.use('b', 200, 100)).toThrow(expect.objectContaining({ code: 'TICKET_REPLAYED' }))
  })
})
