import { expect, it } from 'vitest'
import { createStrings } from './catalogue.ts'
import { Speaker } from './speaker.ts'

const en = {
  stop: 'Stop',
  group: { nodes: '{count, plural, one {# node} other {# nodes}}', share: '{share, number, percent} of {what}' },
} as const
const de = {
  stop: 'Halt',
  group: { nodes: '{count, plural, one {# Knoten} other {# Knoten}}', share: '{share, number, percent} von {what}' },
}

it('speaks plurals, numbers and shares as the reader’s region writes them', () => {
  const speaker = new Speaker()
  const strings = createStrings({ en, de }, speaker)
  expect([strings.stop, strings.group.nodes({ count: 1 }), strings.group.nodes({ count: 1_200 })]).toEqual([
    'Stop',
    '1 node',
    '1,200 nodes',
  ])
  speaker.use('de', ['en-GB'])
  expect([strings.stop, strings.group.nodes({ count: 1_200 })]).toEqual(['Halt', '1.200 Knoten'])
  speaker.use('de', ['de-AT'])
  expect(strings.group.nodes({ count: 12_345 })).toBe('12\u00a0345 Knoten')
  expect(strings.group.share({ share: 0.5, what: 'x' })).toBe('50\u00a0% von x')
})

it('follows the language also where only a part is held', () => {
  const speaker = new Speaker()
  const { group, ...rest } = createStrings({ en, de }, speaker)
  const { nodes } = group
  speaker.use('de', [])
  expect(nodes({ count: 2 })).toBe('2 Knoten')
  // A text that was taken out stays what it was.
  expect(rest.stop).toBe('Stop')
})

it('takes what a peer sent as text only', () => {
  const strings = createStrings({ en, de }, new Speaker())
  expect(strings.group.share({ share: 1, what: '<b>{count, plural, other {#}}</b>' })).toBe(
    '100% of <b>{count, plural, other {#}}</b>',
  )
})

it('tells of a change of language once', () => {
  const speaker = new Speaker()
  let changes = 0
  const unsubscribe = speaker.subscribe(() => changes++)
  speaker.use('de', [])
  speaker.use('de', [])
  unsubscribe()
  speaker.use('en', [])
  expect(changes).toBe(1)
})

it('does not compile with a wrong name or kind of value', () => {
  const strings = createStrings({ en, de }, new Speaker())
  // @ts-expect-error a count is a number
  expect(() => strings.group.nodes({ count: 'one' })).not.toThrow()
  // @ts-expect-error the value is called count
  expect(() => strings.group.nodes({ nodes: 1 })).toThrow()
  // @ts-expect-error there is no such message
  expect(strings.group.links).toBeUndefined()
})
