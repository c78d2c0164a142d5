import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { askerOf } from './asker.ts'
import { distanceKm } from './distance.ts'
import { nearestFirst } from './nearest.ts'
import { places } from './places.ts'

const at = (location: string | null, origin?: { latitude: number; longitude: number }) => ({
  seed: {
    location,
    node_id: location ?? '',
    tunnel_url: null,
    dht_port: 8468,
    multiaddrs: [],
    envelope: '',
  },
  ...(origin === undefined ? {} : { origin }),
})
const order = (coordinators: ReturnType<typeof at>[], asker?: { latitude: number; longitude: number }) =>
  nearestFirst(coordinators, asker).map(({ seed }) => seed.location)

const leeds = { latitude: 53.8, longitude: -1.5 }

describe('the order of coordinators', () => {
  test('is by distance from who asks', () => {
    const coordinators = [at('sydney'), at('frankfurt'), at('manchester-2'), at('us-east-1')]
    expect(order(coordinators, leeds)).toEqual(['manchester-2', 'frankfurt', 'us-east-1', 'sydney'])
  })

  test('stays as it came where nobody knows from where is asked', () => {
    expect(order([at('sydney'), at('london')])).toEqual(['sydney', 'london'])
  })

  test('puts whose place is unknown last', () => {
    expect(order([at('attic'), at(null), at('sydney')], leeds)).toEqual(['sydney', 'attic', null])
  })

  test('believes a known label before where a registration came from', () => {
    const tunnelled = at('london', { latitude: -33.9, longitude: 151.2 })
    expect(order([at('attic', { latitude: 48.9, longitude: 2.4 }), tunnelled], leeds)).toEqual(['london', 'attic'])
  })

  test('keeps each coordinator, once', () => {
    const labels = fc.array(fc.constantFrom(null, 'attic', 'london', 'sydney', 'tokyo', 'leeds-1'))
    fc.assert(
      fc.property(labels, labels => {
        const coordinators = labels.map(label => at(label))
        expect(new Set(nearestFirst(coordinators, leeds))).toEqual(new Set(coordinators))
      }),
    )
  })
})

test('distances are those of the globe', () => {
  const of = (name: string) => {
    const [latitude = 0, longitude = 0] = places.get(name) ?? []
    return { latitude, longitude }
  }
  expect(distanceKm(of('london'), of('paris'))).toBeCloseTo(344, -1.5)
  expect(distanceKm(of('london'), of('sydney'))).toBeCloseTo(16_990, -2)
  // Across the date line.
  expect(distanceKm({ latitude: 0, longitude: 179 }, { latitude: 0, longitude: -179 })).toBeCloseTo(222, 0)
})

test('the table has places on the globe', () => {
  for (const [name, [latitude, longitude]] of places) {
    expect([name, Math.abs(latitude) <= 90, Math.abs(longitude) <= 180]).toEqual([name, true, true])
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/)
  }
})

test('reads from where a request came, as far as Cloudflare says', () => {
  const from = (cf?: object) => askerOf(Object.assign(new Request('https://edge.example.org'), { cf }))
  expect(from({ latitude: '53.8', longitude: '-1.5', continent: 'EU' })).toEqual(leeds)
  expect(from({ continent: 'OC', colo: 'SYD' })?.latitude).toBeLessThan(0)
  for (const cf of [undefined, {}, { continent: 'T1' }, { latitude: 'north', longitude: {} }]) {
    expect(from(cf)).toBeUndefined()
  }
})
