import { multiaddr } from '@multiformats/multiaddr'
import { describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import type { Candidate } from './candidates.ts'
import type { ConnectionPath } from './path-kind.ts'
import { PathMemory } from './path-memory.ts'

function way(kind: ConnectionPath, host: string, near = false): Candidate {
  return { kind, host, near, way: `${kind} ${host}`, address: multiaddr('/ip4/11.0.0.1/tcp/1') }
}
const lan = way('direct', '192.168.7.9', true)
const four = way('direct', '11.0.0.7')
const six = way('direct', '2a00:1450::7')
const vpn = way('vpn', '10.42.0.3')
const tunnel = way('tunnel', 'a.example')
const relay = way('relay', '11.0.0.8')
const all = [relay, tunnel, four, vpn, six, lan]

const hosts = (ways: Candidate[]) => ways.map(({ host }) => host)

describe('what is remembered of the ways to a peer', () => {
  it('tries an unknown peer near and direct first, IPv6 before IPv4, and through others last', () => {
    const memory = new PathMemory({ clock: new TurnedClock() })
    expect(hosts(memory.order('p', all))).toEqual(hosts([lan, six, four, vpn, tunnel, relay]))
  })

  it('tries a way again after its rest although the clock was set back meanwhile', () => {
    const clock = new TurnedClock()
    const memory = new PathMemory({ clock })
    for (let failures = 0; failures < 8; failures++) memory.failed('p', four, false)
    clock.set(-60 * minute)
    expect(memory.order('p', [four])).toEqual([])
    clock.turn(1 * minute)
    expect(memory.order('p', [four])).toEqual([four])
  })

  it('begins with what worked, the quickest of its kind first', () => {
    const memory = new PathMemory({ clock: new TurnedClock() })
    memory.succeeded('p', relay)
    expect(memory.order('p', all)[0]).toBe(relay)
    for (const [each, rttMs] of [
      [four, 40],
      [six, 90],
    ] as const) {
      memory.succeeded('p', each)
      memory.measured('p', each, rttMs)
    }
    expect(memory.order('p', all).slice(0, 3)).toEqual([four, six, relay])
    expect(memory.order('another', all)[0]).toBe(lan)
  })

  it('lets a way rest after a failure, twice as long after each, and a minute at most', () => {
    const clock = new TurnedClock()
    const memory = new PathMemory({ clock })
    const rests = () => memory.order('p', [four]).length === 0
    for (let failures = 1; failures <= 10; failures++) {
      memory.failed('p', four, false)
      const restMs = Math.min(1 * minute, 2 ** (failures - 1) * second)
      clock.turn(restMs - 1)
      expect(rests()).toBe(true)
      clock.turn(1)
      expect(rests()).toBe(false)
      clock.turn(1 * minute)
    }
    memory.succeeded('p', four)
    expect(rests()).toBe(false)
  })

  it('lets a way rest for long where somebody else was found at its end', () => {
    const clock = new TurnedClock()
    const memory = new PathMemory({ clock })
    memory.failed('p', four, true)
    clock.turn(9 * minute)
    expect(memory.order('p', all)).not.toContain(four)
    clock.turn(1 * minute)
    expect(memory.order('p', all)).toContain(four)
  })

  it('leaves a machine alone that many peers name and none is at', () => {
    const clock = new TurnedClock()
    const memory = new PathMemory({ clock })
    let knocks = 0
    for (let peer = 0; peer < 1_000; peer++) {
      for (const each of memory.order(`p${peer}`, [four])) {
        knocks++
        memory.failed(`p${peer}`, each, false)
      }
    }
    expect(knocks).toBe(8)
    clock.turn(1 * minute)
    expect(memory.order('p2000', [four])).toEqual([four])
  })

  it('forgets the oldest peers and hosts', () => {
    const memory = new PathMemory({ clock: new TurnedClock() })
    memory.succeeded('first', relay)
    for (let peer = 0; peer < 1_000; peer++) memory.succeeded(`p${peer}`, way('direct', `host-${peer}`))
    expect(memory.order('first', all)[0]).toBe(lan)
  })
})
