import { describe, expect, it } from 'vitest'
import { donateNote } from './donate-note.ts'

describe('the note beside the switch', () => {
  it('invites where nothing is donated', () => {
    expect(donateNote(false, 'off')).toBe('invitation')
  })

  it.each(['ready', 'working'] as const)('thanks a node that is %s', activity => {
    expect(donateNote(true, activity)).toBe('thanks')
  })

  it.each(['paused', 'waiting', 'alone', 'stopping'] as const)('thanks nobody while the node is %s', activity => {
    expect(donateNote(true, activity)).toBe('standby')
  })

  it('says nothing of a node that cannot be heard', () => {
    expect(donateNote(true, 'offline')).toBeUndefined()
  })
})
