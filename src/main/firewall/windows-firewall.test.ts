import { expect, it } from 'vitest'
import { firewallState } from './windows-firewall.ts'

const rule = (Action: string, Direction = 'Inbound', Enabled = 'True') => ({ Action, Direction, Enabled })

it.each([
  ['nothing', '', 'unasked'],
  ['one rule that allows', JSON.stringify(rule('Allow')), 'allowed'],
  ['one that was made by declining', JSON.stringify([rule('Block'), rule('Block')]), 'blocked'],
  ['one of each', JSON.stringify([rule('Allow'), rule('Block')]), 'blocked'],
  ['a block that is switched off', JSON.stringify([rule('Block', 'Inbound', 'False'), rule('Allow')]), 'allowed'],
  ['rules for the other direction', JSON.stringify([rule('Block', 'Outbound')]), 'unasked'],
])('reads %s', (_what, output, state) => {
  expect(firewallState(output)).toBe(state)
})

it('believes nothing that it cannot read', () => {
  expect(() => firewallState('Access is denied')).toThrow()
  expect(() => firewallState('{"Action":4}')).toThrow()
})
