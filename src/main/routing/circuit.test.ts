import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { minute, second } from '../../shared/units.ts'
import {
  afterEnding,
  afterMoving,
  afterSending,
  type Circuit,
  closedCircuit,
  isPassable,
  type RequestEnding,
} from './circuit.ts'

const start = 1_000_000

/** A circuit with the requests that are under way, as an owner of it would keep them. */
class Owner {
  circuit: Circuit = closedCircuit
  now = start
  readonly underWay: { probe: boolean }[] = []

  /** Sends a request if that is allowed. */
  send(): boolean {
    if (!isPassable(this.circuit, this.now)) return false
    const { circuit, probe } = afterSending(this.circuit, this.now)
    this.circuit = circuit
    this.underWay.push({ probe })
    return true
  }

  end(which: number, ending: RequestEnding): void {
    const [request] = this.underWay.splice(which % this.underWay.length, 1)
    if (request !== undefined) this.circuit = afterEnding(this.circuit, { ending, ...request }, this.now)
  }

  get probes(): number {
    return this.underWay.filter(({ probe }) => probe).length
  }
}

const commands = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant('send' as const) }),
    fc.record({
      do: fc.constant('end' as const),
      which: fc.nat(20),
      ending: fc.constantFrom<RequestEnding>('alive', 'failed', 'silent', 'unknown'),
    }),
    fc.record({ do: fc.constant('move' as const) }),
    fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 10 * minute }) }),
  ),
  { maxLength: 200 },
)

function play(owner: Owner, steps: typeof commands extends fc.Arbitrary<infer T> ? T : never, check: () => void) {
  for (const step of steps) {
    if (step.do === 'send') owner.send()
    else if (step.do === 'move') owner.circuit = afterMoving(owner.circuit)
    else if (step.do === 'wait') owner.now += step.ms
    else if (owner.underWay.length > 0) owner.end(step.which, step.ending)
    check()
  }
}

describe('a worker’s circuit', () => {
  it('lets one probe through at a time, and nothing beside it', () => {
    fc.assert(
      fc.property(commands, steps => {
        const owner = new Owner()
        play(owner, steps, () => {
          expect(owner.circuit.kind === 'half-open' ? owner.probes : 0).toBeLessThanOrEqual(1)
          if (owner.circuit.kind === 'half-open') expect(isPassable(owner.circuit, owner.now)).toBe(false)
        })
      }),
    )
  })

  it('never stays shut: when all requests have ended, five minutes later one may be sent', () => {
    fc.assert(
      fc.property(commands, steps => {
        const owner = new Owner()
        play(owner, steps, () => undefined)
        while (owner.underWay.length > 0) owner.end(0, 'failed')
        owner.now += 5 * minute
        expect(owner.send()).toBe(true)
      }),
    )
  })

  it('closes whenever the worker shows that it lives', () => {
    fc.assert(
      fc.property(commands, steps => {
        const owner = new Owner()
        play(owner, steps, () => undefined)
        if (owner.underWay.length === 0) return
        owner.end(0, 'alive')
        expect(owner.circuit).toEqual(closedCircuit)
      }),
    )
  })

  it('opens after two failures in a row', () => {
    const owner = new Owner()
    for (const ending of ['failed', 'alive', 'failed', 'unknown'] as const) {
      owner.send()
      owner.end(0, ending)
      expect(isPassable(owner.circuit, owner.now)).toBe(true)
    }
    owner.send()
    owner.end(0, 'failed')
    expect(owner.circuit).toEqual({ kind: 'open', since: start, until: start + 5 * second, rests: 0 })
  })

  it('opens at once when the worker was silent', () => {
    const owner = new Owner()
    owner.send()
    owner.end(0, 'silent')
    expect(owner.circuit).toEqual({ kind: 'open', since: start, until: start + 5 * second, rests: 0 })
  })

  it('counts ten requests that are lost together as one mishap', () => {
    const owner = new Owner()
    for (let index = 0; index < 10; index++) owner.send()
    while (owner.underWay.length > 0) owner.end(0, 'failed')
    expect(owner.circuit).toEqual({ kind: 'open', since: start, until: start + 5 * second, rests: 0 })
  })

  it('rests twice as long after each failed probe, five minutes at most', () => {
    const owner = new Owner()
    const fail = () => {
      owner.send()
      owner.end(0, 'failed')
    }
    fail()
    fail()
    const rests: number[] = []
    for (let index = 0; index < 8; index++) {
      if (owner.circuit.kind !== 'open') throw new Error(`expected it to be open, it is ${owner.circuit.kind}`)
      rests.push((owner.circuit.until - owner.now) / second)
      owner.now = owner.circuit.until
      fail()
    }
    expect(rests).toEqual([5, 10, 20, 40, 80, 160, 300, 300])
  })

  it('probes a worker that has moved after the shortest rest, and rests longer again where it fails there too', () => {
    const owner = new Owner()
    const rest = () => (owner.circuit.kind === 'open' ? (owner.circuit.until - owner.now) / second : undefined)
    for (let failure = 0; failure < 5; failure++) {
      owner.now += 5 * minute
      owner.send()
      owner.end(0, 'failed')
    }
    expect(rest()).toBe(40)
    owner.circuit = afterMoving(owner.circuit)
    expect(rest()).toBe(5)
    owner.now += 5 * second
    owner.send()
    owner.end(0, 'failed')
    expect(rest()).toBe(80)
  })

  it('probes again at once when the probe was given up', () => {
    const owner = new Owner()
    for (const ending of ['failed', 'failed'] as const) {
      owner.send()
      owner.end(0, ending)
    }
    owner.now += 5 * second
    expect(owner.send()).toBe(true)
    expect(owner.send()).toBe(false)
    owner.end(0, 'unknown')
    expect(owner.send()).toBe(true)
  })
})
