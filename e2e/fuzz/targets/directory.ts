import { decode, encode } from '@ipld/dag-cbor'
import { multiaddr } from '@multiformats/multiaddr'
import { MemoryDatastore } from 'datastore-core'
import { Key } from 'interface-datastore'
import { pino } from 'pino'
import { TurnedClock } from '../../../src/main/clock.ts'
import { worthDialling } from '../../../src/main/dht/hearsay-addresses.ts'
import {
  decodeNeighboursAnswer,
  decodeNeighboursAsk,
  encodeNeighbours,
} from '../../../src/main/dht/neighbours-frames.ts'
import { readEnvelope, sealEnvelope } from '../../../src/main/directory/envelope.ts'
import { FrameReader, withLength } from '../../../src/main/directory/frame-reader.ts'
import {
  decodeAnswer,
  decodeRequest,
  encodeFrame,
  errorFrame,
  errorOf,
  maxRequestFrameBytes,
} from '../../../src/main/directory/frames.ts'
import { decodeHello, decodeHelloAnswer, encodeHello } from '../../../src/main/directory/hello-frames.ts'
import { serviceKey, tryParseKey, workerKey } from '../../../src/main/directory/keys.ts'
import { checkTimes, openRecord, readRecord, recordHash } from '../../../src/main/directory/record.ts'
import { RegistrarService } from '../../../src/main/directory/registrar.ts'
import { Registry } from '../../../src/main/directory/registry.ts'
import { RegistryStore } from '../../../src/main/directory/registry-store.ts'
import { readRenewal, verifyRenewal } from '../../../src/main/directory/renewal.ts'
import { sign, signedContent } from '../../../src/main/directory/signing.ts'
import { provenSeq } from '../../../src/main/directory/stale.ts'
import { testNetworkId, testNow, testWorker } from '../../../src/main/directory/test-records.ts'
import { candidates } from '../../../src/main/paths/candidates.ts'
import { RmaError } from '../../../src/shared/errors.ts'
import { cborForm, type Form, linesForm } from '../forms.ts'
import { bytesOf, type FuzzTarget, textOf } from '../fuzz-target.ts'

const payloadType = Buffer.from('/rma/worker-record', 'utf8')
const log = pino({ level: 'silent' })

/** What peers say in the directory, and what is kept of it on disk. */
export async function directoryTargets(): Promise<FuzzTarget[]> {
  const worker = await testWorker()
  const record = await worker.record()
  const left = await worker.record({ state: 'left', seq: testNow + 5, services: [], addresses: [] })
  const busy = await worker.record({ seq: testNow + 9, services: ['ocr', 'chat'], state: 'paused', load: 1 })
  const renewal = await worker.renewal(record)
  const keys = [serviceKey('ocr'), workerKey(worker.peerId)]
  const verified = openRecord(record, testNetworkId)

  /** Altered fields under a signature that holds. */
  const recordForm: Form = {
    open: input => decode(readEnvelope(input, payloadType).payload) as unknown,
    close: content =>
      sealEnvelope(worker.privateKey, `rma/${testNetworkId}/worker-record`, payloadType, encode(content)),
  }
  const renewalForm: Form = {
    open: input => (decode(input) as unknown[]).slice(0, -1),
    async close(content) {
      const fields = content as unknown[]
      const type = Buffer.from('/rma/worker-renewal', 'utf8')
      const domain = `rma/${testNetworkId}/worker-renewal`
      return encode([...fields, await sign(worker.privateKey, signedContent(domain, type, encode(fields)))])
    },
  }

  const requests = [
    encodeFrame({ kind: 'announce', id: 1, record, keys }),
    encodeFrame({ kind: 'renew', id: 2, renewal }),
    encodeFrame({
      kind: 'find',
      id: 3,
      key: serviceKey('ocr'),
      limit: 50,
      filter: { states: ['donating'], gpu: true, location: 'london' },
      known: [[recordHash(record).slice(0, 12), testNow]],
    }),
    encodeFrame({ kind: 'closest', id: 4, target: new Uint8Array(32).fill(7), limit: 8 }),
  ]
  const answers = [
    encodeFrame({ kind: 'ok', id: 1, declined: [{ key: serviceKey('ocr'), code: 'NOT_REGISTRAR' }] }),
    encodeFrame({ kind: 'stale', id: 2, record, renewal }),
    encodeFrame({
      kind: 'found',
      id: 3,
      records: [record, busy],
      renewals: [renewal],
      kept: [0],
      total: 3,
      certificates: ['a.b.c'],
    }),
    encodeFrame({ kind: 'closer', id: 4, peers: [{ peer: worker.peerId, addresses: ['/ip4/192.0.2.7/tcp/8468'] }] }),
    encodeFrame(errorFrame(5, new RmaError('RECORD_REFUSED', 'expected a record', { reason: 'expired' }))),
  ]

  const registry = new Registry({ hasRole: () => true }, { networkId: testNetworkId, announceBurst: 1e9 })
  const registrar = new RegistrarService({
    registry,
    contacts: { closest: () => [] },
    clock: new TurnedClock(testNow + 10),
  })
  const asker = { from: worker.peerId, group: 'ip4:192.0' }
  const own = {
    peerId: worker.peerId,
    listens: [multiaddr('/ip4/127.0.0.1/tcp/8468')],
    ips: ['127.0.0.1', '192.168.1.5', '10.42.0.9'],
  }

  return [
    {
      name: 'worker record',
      covers: ['src/main/directory/record.ts', 'src/main/directory/envelope.ts', 'src/main/directory/signing.ts'],
      seeds: [record, left, busy],
      form: recordForm,
      parse: input => checkTimes(openRecord(input, testNetworkId).record, testNow),
    },
    {
      name: 'renewal',
      covers: ['src/main/directory/renewal.ts'],
      seeds: [renewal, await worker.renewal(record, { load: 0, seq: testNow + 2, state: 'paused' })],
      form: renewalForm,
      parse: input => verifyRenewal(readRenewal(input), verified, testNetworkId),
    },
    {
      name: 'directory request at a registrar',
      covers: [
        'src/main/directory/frames.ts',
        'src/main/directory/registrar.ts',
        'src/main/directory/registry.ts',
        'src/main/directory/registry-entry.ts',
        'src/main/directory/keys.ts',
      ],
      seeds: requests,
      form: cborForm,
      // What a registrar answers has to fit its own frames.
      parse: input => encodeFrame(registrar.answer(decodeRequest(input), asker)),
    },
    {
      name: 'directory answer at an asker',
      covers: ['src/main/directory/frames.ts'],
      seeds: answers,
      form: cborForm,
      parse(input) {
        const frame = decodeAnswer(input)
        if (frame.kind === 'found') for (const bytes of frame.records) readRecord(bytes)
        if (frame.kind === 'closer')
          for (const { addresses } of frame.peers) worthDialling(addresses, multiaddr('/ip4/198.51.100.1/tcp/1'))
        if (frame.kind === 'error') throw errorOf(frame)
      },
      // A registrar may name any code, this program's word for its own faults among them.
      refuses: error => error instanceof RmaError,
    },
    {
      name: 'stale answer',
      covers: ['src/main/directory/stale.ts'],
      seeds: answers,
      form: cborForm,
      parse(input) {
        const frame = decodeAnswer(input)
        if (frame.kind === 'stale') provenSeq(frame, testNetworkId, worker.peerId)
      },
    },
    {
      name: 'frames in pieces',
      covers: ['src/main/directory/frame-reader.ts'],
      seeds: requests.map(withLength),
      parse(input) {
        const reader = new FrameReader(maxRequestFrameBytes)
        for (let at = 0; at < input.length; at += 1 + (at % 61))
          for (const frame of reader.read(input.subarray(at, at + 1 + (at % 61)))) decodeRequest(frame)
      },
    },
    {
      name: 'directory key',
      covers: ['src/main/directory/keys.ts'],
      seeds: [...keys, 'coordinators', 'coordinators:london'].map(bytesOf),
      parse: input => tryParseKey(textOf(input)),
    },
    {
      name: 'hello',
      covers: ['src/main/directory/hello-frames.ts'],
      seeds: [encodeHello({ revocationsVersion: 3, now: testNow, membership: 'a.b.c' })],
      form: cborForm,
      parse: decodeHello,
    },
    {
      name: 'hello answer',
      covers: ['src/main/directory/hello-frames.ts'],
      seeds: [encodeHello({ revocationsVersion: 3, now: testNow, membership: 'a.b.c', revocations: 'd.e.f' })],
      form: cborForm,
      parse: decodeHelloAnswer,
    },
    {
      name: 'neighbours question',
      covers: ['src/main/dht/neighbours-frames.ts'],
      seeds: [encodeNeighbours({ limit: 20 })],
      form: cborForm,
      parse: decodeNeighboursAsk,
    },
    {
      name: 'neighbours answer',
      covers: ['src/main/dht/neighbours-frames.ts'],
      seeds: [encodeNeighbours({ neighbours: [{ peer: worker.peerId, path: 'direct', rttMs: 3 }] })],
      form: cborForm,
      parse: decodeNeighboursAnswer,
    },
    {
      name: 'addresses of a record',
      covers: ['src/main/paths/candidates.ts', 'src/main/paths/ip-reach.ts', 'src/main/dht/hearsay-addresses.ts'],
      seeds: [
        [
          '/ip4/192.0.2.7/tcp/8468',
          '/ip6/2001:db8::1/tcp/8468',
          '/dns4/a-b.trycloudflare.com/tcp/443/tls/ws',
          `/ip4/192.0.2.1/tcp/8468/p2p/${worker.peerId}/p2p-circuit`,
          'https://a-b-c.trycloudflare.com',
          '10.42.1.5',
        ].join('\n'),
      ].map(bytesOf),
      form: linesForm,
      words: ['/p2p-circuit', '/ip6zone/eth0', '/ip4/127.0.0.1', '[::ffff:127.0.0.1]', '%25', '::'],
      parse(input) {
        const lines = textOf(input).split('\n').slice(0, 16)
        const [vpnIp, tunnelUrl] = lines.slice(-2)
        candidates({ peerId: verified.peerId, addresses: lines, vpnIp, tunnelUrl }, own)
        return worthDialling(lines, multiaddr('/ip4/198.51.100.1/tcp/1'))
      },
    },
    {
      name: 'record kept on disk',
      covers: ['src/main/directory/registry-store.ts'],
      seeds: [encode({ record, keys, lastExpiresAt: testNow + 60_000, group: 'ip4:192.0' })],
      form: cborForm,
      async parse(input) {
        const datastore = new MemoryDatastore()
        datastore.put(new Key('/directory/worker/x'), input)
        const kept = new Registry({ hasRole: () => true }, { networkId: testNetworkId })
        const store = new RegistryStore({ registry: kept, datastore, clock: new TurnedClock(testNow), log })
        await store.start()
        await store.stop()
      },
    },
  ]
}
