import net from 'node:net'
import { constants, setPriority } from 'node:os'
import { setTimeout as delay } from 'node:timers/promises'
import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { pino } from 'pino'
import { systemClock } from '../../../src/main/clock.ts'
import { createHost, type Host } from '../../../src/main/dht/host.ts'
import { networkId } from '../../../src/main/dht/network.ts'
import { withLength } from '../../../src/main/directory/frame-reader.ts'
import { encodeFrame } from '../../../src/main/directory/frames.ts'
import { serviceKey, workerKey } from '../../../src/main/directory/keys.ts'
import { sealRecord } from '../../../src/main/directory/record.ts'
import { workerRecord } from '../../../src/main/directory/test-records.ts'
import { PeerHttp } from '../../../src/main/paths/peer-http.ts'
import { PeerPaths } from '../../../src/main/paths/peer-paths.ts'
import { minute } from '../../../src/shared/units.ts'
import { type AttackInit, type AttackWord, type Flood, floodedService } from './flood-words.ts'
import { speakFrom } from './speak-from.ts'

/** An attacker. It ends with its channel. */
const init = JSON.parse(process.argv[2] ?? '{}') as AttackInit
const log = pino({ level: 'silent' })
const network = networkId('swarm')
const target = multiaddr(`/ip4/${init.address.host}/tcp/${init.address.port}/p2p/${init.peerId}`)
const held: unknown[] = []
let attempts = 0
let refused = 0
const say = (word: AttackWord) => process.send?.(word)
const count = async (attempt: () => Promise<unknown>): Promise<boolean> => {
  attempts++
  try {
    held.push(await attempt())
    if (held.length > 2_000) held.shift()
    return true
  } catch {
    refused++
    return false
  }
}

// Attackers have machines of their own: here they get what processor time the others leave.
setPriority(constants.priority.PRIORITY_LOW)
speakFrom(init.from)
process.on('message', () => say({ kind: 'figures', attempts, refused }))
process.on('disconnect', () => process.exit())
// Whatever the victim does to its connections is what it is attacked for.
process.on('uncaughtException', () => refused++)
process.on('unhandledRejection', () => refused++)

const attacks: Record<Flood, () => Promise<void>> = {
  connections: () => repeat(200, async () => void count(async () => connectRaw())),
  'slow-loris': () => repeat(40, async () => void count(async () => trickle())),
  members: () => repeat(20, async () => void count(async () => connected(await newHost()))),
  async streams() {
    const host = await patientHost()
    const protocols = [host.protocols.directory, host.protocols.http, host.protocols.hello, host.protocols.kad]
    await repeat(
      100,
      async () =>
        void count(async () => (await connected(host)).newStream(protocols[attempts % protocols.length] ?? '')),
    )
  },
  async announces() {
    const host = await patientHost()
    const key = await generateKeyPair('Ed25519')
    await repeat(200, async round => {
      const signer = round % 10 === 0 ? key : await generateKeyPair('Ed25519')
      const seq = Date.now() + round
      const draft = workerRecord({ seq, issuedAt: Date.now(), expiresAt: Date.now() + 5 * minute, services: ['ocr'] })
      const record = await sealRecord(signer, network, draft)
      const keys = [serviceKey('ocr'), workerKey(signer.publicKey.toString())]
      await send(host, encodeFrame({ kind: 'announce', id: round, record, keys }))
    })
  },
  async finds() {
    const host = await patientHost()
    const frame = withLength(encodeFrame({ kind: 'find', id: 1, key: serviceKey(floodedService), limit: 256 }))
    const many = Buffer.concat(Array.from({ length: 100 }, () => frame))
    await repeat(100, () => sendBytes(host, many))
  },
  async requests() {
    const host = await patientHost()
    const http = new PeerHttp(
      { libp2p: host.libp2p, paths: new PeerPaths({ host, clock: systemClock, log }), log },
      { protocol: host.protocols.http, onSocket: socket => socket.destroy() },
    )
    await http.start()
    const selfId = host.peerId.toString()
    await repeat(200, async round => {
      const patience = AbortSignal.timeout(round % 2 === 0 ? 50 : 10_000)
      const peer = { peerId: init.peerId, addresses: [target.decapsulate('/p2p').toString()] }
      const headers = { 'content-type': 'text/plain', 'x-rma-deadline-ms': '10000' }
      void count(async () => {
        const response = await http.request(peer, {
          method: 'POST',
          path: `/service/${floodedService}`,
          headers,
          body: Buffer.alloc(10_000, 'x'),
          onBehalfOf: selfId,
          signal: patience,
        })
        for await (const _ of response.body);
        if (response.status !== 200) throw new Error(String(response.status))
      })
    })
  },
}

say({ kind: 'begun' })
await attacks[init.flood]()

/** So often a second, for ever. */
async function repeat(perSecond: number, act: (round: number) => Promise<void>): Promise<never> {
  const startedAt = performance.now()
  for (let round = 0; ; round++) {
    const dueAt = startedAt + (round * 1_000) / perSecond
    await delay(Math.max(0, dueAt - performance.now()))
    await act(round)
  }
}

async function newHost(): Promise<Host> {
  const host = await createHost(
    { privateKey: await generateKeyPair('Ed25519'), log },
    {
      networkId: network,
      port: { port: 0, explicit: true },
      listen: [],
      mdns: false,
      mode: 'client',
      relaxedLimits: true,
    },
  )
  await host.start()
  return host
}

/** One that is connected, however long that takes. */
async function patientHost(): Promise<Host> {
  const host = await newHost()
  while (!(await count(() => connected(host)))) await delay(200)
  return host
}

function connected(host: Host) {
  return host.libp2p.dial(target, { signal: AbortSignal.timeout(5_000) })
}

async function send(host: Host, frame: Uint8Array): Promise<void> {
  await sendBytes(host, withLength(frame))
}

let stream: Awaited<ReturnType<Awaited<ReturnType<typeof connected>>['newStream']>> | undefined

async function sendBytes(host: Host, bytes: Uint8Array): Promise<void> {
  await count(async () => {
    if (stream === undefined || stream.status !== 'open')
      stream = await (await connected(host)).newStream(host.protocols.directory)
    // Answers are not read.
    stream.pause()
    stream.send(bytes)
  })
}

function connectRaw(): Promise<net.Socket> {
  return new Promise((resolve, reject) => {
    const socket = net.connect(init.address)
    socket.once('connect', () => resolve(socket)).once('error', reject)
    socket.on('error', () => refused++)
  })
}

async function trickle(): Promise<void> {
  const socket = await connectRaw()
  const hello = Buffer.from('\x13/multistream/1.0.0\n')
  for (let at = 0; !socket.destroyed; at++) {
    socket.write(hello.subarray(at % hello.length, (at % hello.length) + 1))
    await delay(1_000)
  }
}
