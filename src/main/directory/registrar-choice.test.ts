import { expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { chooseRegistrars, needsLookup } from './registrar-choice.ts'

const registrar = (peerId: string, group: string) => ({ peerId, group, position: new Uint8Array(32), connected: true })

const first = () => 0
const last = () => 0.999

it('draws the third one from all that are left', () => {
  const registrars = ['a', 'b', 'c', 'd', 'e'].map(peerId => registrar(peerId, 'x'))
  expect(chooseRegistrars(registrars, 'self', last).map(each => each.peerId)).toEqual(['a', 'b', 'e'])
})

it('asks those it is connected with, and now and then any: whoever is connected may be lying', () => {
  const strangers = ['a', 'b', 'c'].map(peerId => ({ ...registrar(peerId, 'x'), connected: false }))
  const connected = ['d', 'e', 'f', 'g'].map(peerId => registrar(peerId, 'x'))
  const all = [...strangers, ...connected]
  const drawnBy = (...chances: number[]) =>
    chooseRegistrars(all, 'self', () => chances.shift() ?? 0).map(each => each.peerId)
  expect(drawnBy(0.5, 0)).toEqual(['d', 'e', 'f'])
  expect(drawnBy(0.5, 0.999)).toEqual(['d', 'e', 'g'])
  expect(drawnBy(0.1, 0.999)).toEqual(['d', 'e', 'c'])
})

it('asks no more than there are', () => {
  expect(chooseRegistrars([registrar('a', 'x')], 'self', last).map(each => each.peerId)).toEqual(['a'])
})

it('asks the closest registrars, each of another address group', () => {
  const registrars = [registrar('a', 'x'), registrar('b', 'x'), registrar('c', 'y'), registrar('d', 'z')]
  expect(chooseRegistrars(registrars, 'self', first).map(each => each.peerId)).toEqual(['a', 'c', 'd'])
})

it('fills up from the same group where there are not enough groups', () => {
  const registrars = [registrar('a', 'x'), registrar('b', 'x'), registrar('c', 'x'), registrar('d', 'x')]
  expect(chooseRegistrars(registrars, 'self', first).map(each => each.peerId)).toEqual(['a', 'b', 'c'])
})

it('asks itself first where it is a registrar', () => {
  const registrars = [registrar('a', 'x'), registrar('b', 'y'), registrar('c', 'z'), registrar('self', 'self')]
  expect(chooseRegistrars(registrars, 'self', first).map(each => each.peerId)).toEqual(['self', 'a', 'b'])
})

it('asks the DHT again after two minutes, sooner where few servers are known, never where there is nobody', () => {
  expect(needsLookup(0, Number.POSITIVE_INFINITY, 2 * minute)).toBe(false)
  expect(needsLookup(20, minute, 2 * minute)).toBe(false)
  expect(needsLookup(20, 2 * minute, 2 * minute)).toBe(true)
  expect(needsLookup(1, 15 * second, 2 * minute)).toBe(true)
  expect(needsLookup(1, 5 * second, 2 * minute)).toBe(false)
  expect(needsLookup(20, -minute, 2 * minute)).toBe(true)
})
