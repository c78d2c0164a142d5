import { describe, expect, it } from 'vitest'
import type { Status } from '../../shared/schema/status.ts'
import type { Topology } from '../../shared/schema/topology.ts'
import { sampleServiceNeeds, sampleStatus } from '../../shared/testing/samples.ts'
import { hour, minute, second } from '../../shared/units.ts'
import { formatDuration, formatStatus, formatTopology } from './format.ts'
import { formatTable } from './table.ts'

const counts = { connected: 2, known: 3, donating: 1 }
const now = sampleStatus.self.startedAt + 3 * minute

describe('the status in words', () => {
  const show = (changes: Partial<Status>) => formatStatus({ ...sampleStatus, ...changes }, counts, now)

  it('shows the node, its network, why it does what it does, and its services, one under the other', () => {
    expect(show({}).split('\n')).toEqual([
      'Node       12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp (headless 1.2.3, up 3 min)',
      'Network    local (open: anyone who reaches it may join)',
      'Peers      2 connected · 3 known · 1 donating',
      'Donating   no (`rma-donor donate on` switches it on)',
      'Activity   Off: nothing runs for others',
      'Services   ocr: 0 of 2 running, 0 of 8 waiting',
      'Requests   0 served, 0 sent on, 0 failed',
      'Machine    25 % CPU, 900 MiB of 4.0 GiB memory in use',
      'Announces  8 threads, 4.0 GiB',
    ])
  })

  it('counts the seconds to the next try of a node that is alone', () => {
    const text = show({ activity: { kind: 'alone', nextTryAt: now + 20 * second }, donating: true })
    expect(text).toContain('Donating   yes\nActivity   No network: 0 peers, next try in 20 s\n')
  })

  it('says when the ledger cannot be written, and what was set aside', () => {
    const state = { kind: 'unwritable' as const, reason: 'the disk is full', waiting: 3, lost: 0 }
    expect(show({ ledger: { state, setAside: ['/data/ledger.db.set-aside'] } })).toContain(
      'Ledger     could not be read and was set aside as /data/ledger.db.set-aside\n' +
        '           cannot be written (the disk is full): 3 jobs kept in memory. Donating goes on\n',
    )
  })

  it('says what a service is missing', () => {
    const service = {
      type: 'vision-ocr',
      enabled: true,
      needs: sampleServiceNeeds,
      running: 0,
      waiting: 0,
      slots: 1,
      bound: 1,
    }
    const unavailable = { kind: 'needs-gpu' as const, neededVramMiB: 6_144, foundVramMiB: 0 }
    expect(show({ services: [{ ...service, unavailable }] })).toContain(
      'vision-ocr: not offered, needs a graphics card with 6.0 GiB free, found 0 MiB',
    )
  })
})

describe('the topology in words', () => {
  const self = '12D3KooWSelf'
  const worker = '12D3KooWWorker'
  const topology: Topology = {
    nodes: [
      { peerId: '12D3KooWAnother', self: false, connected: false, role: 'peer', services: [], lastSeen: now },
      {
        peerId: worker,
        self: false,
        connected: true,
        role: 'worker',
        state: 'donating',
        services: ['ocr'],
        load: 0.5,
        location: 'leeds',
        lastSeen: now,
      },
      { peerId: self, self: true, connected: true, role: 'peer', services: [], lastSeen: now },
    ],
    edges: [{ from: worker, to: self, path: 'direct', rttMs: 0.42 }],
    ring: [],
    counts,
  }

  it('puts this node first, then workers, then the rest, with the path and time to each', () => {
    expect(formatTopology(topology).split('\n')).toEqual([
      '2 connected · 3 known · 1 donating',
      '',
      'NODE             ROLE              STATE     SERVICES  LOAD  PATH       RTT  LOCATION',
      '12D3KooWSelf     peer (this node)  -         -            -  -            -  -',
      '12D3KooWWorker   worker            donating  ocr       50 %  direct  0.4 ms  leeds',
      '12D3KooWAnother  peer              -         -            -  -            -  -',
    ])
  })
})

describe('a table', () => {
  it('aligns columns and leaves nothing behind the last', () => {
    expect(
      formatTable(
        [
          ['a', '1', 'x'],
          ['long', '22', ''],
        ],
        new Set([1]),
      ),
    ).toBe('a      1  x\nlong  22')
  })
})

describe('a duration', () => {
  it.each([
    [-5 * second, '0 s'],
    [0, '0 s'],
    [59 * second, '59 s'],
    [minute, '1 min'],
    [hour, '1 h 0 min'],
    [26 * hour + 5 * minute, '26 h 5 min'],
  ])('of %i ms is %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text)
  })
})
