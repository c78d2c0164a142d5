import { expect, it } from 'vitest'
import { byDistance } from '../dht/coordinator-index.ts'
import { formatCoordinators } from './coordinators.ts'

const near = { peerId: '12D3KooWNear', addresses: [], connected: true, location: 'leeds', rttMs: 12.34 }
const far = { peerId: '12D3KooWFar', addresses: [], connected: true, rttMs: 90 }
const unknown = { peerId: '12D3KooWAnother', addresses: [], connected: false, url: 'https://c.example' }

it('orders coordinators by the time a ping takes, those not measured last', () => {
  expect(byDistance([unknown, far, near])).toEqual([near, far, unknown])
})

it('shows them in a table, and how often the edge router was asked', () => {
  expect(formatCoordinators({ coordinators: [near, unknown], edgeRequestsToday: 2 })).toBe(
    [
      'COORDINATOR      LOCATION      RTT  CONNECTED  API',
      '12D3KooWNear     leeds     12.3 ms  yes        -',
      '12D3KooWAnother  -               -  no         https://c.example',
      '',
      'Edge requests today: 2',
    ].join('\n'),
  )
  expect(formatCoordinators({ coordinators: [], edgeRequestsToday: 0 })).toContain('No coordinators are known.')
})
