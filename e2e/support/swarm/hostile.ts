import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { FrameReader, withLength } from '../../../src/main/directory/frame-reader.ts'
import {
  type AnswerFrame,
  type CloserPeer,
  decodeRequest,
  encodeFrame,
  maxRequestFrameBytes,
  type RequestFrame,
} from '../../../src/main/directory/frames.ts'
import { readRecord } from '../../../src/main/directory/record.ts'
import { type Forgery, forgeRecord, forgeRenewal, madeUpServers } from './forgery.ts'
import type { Member } from './member.ts'

/**
 * What a hostile registrar does:
 * - `mute`: takes questions and never answers;
 * - `deny`: takes records and says it knows nobody, neither workers nor servers;
 * - `replay`: answers with the first record it got from each worker, for ever;
 * - `forge`: answers with the workers' records altered and numbered far ahead, and with renewals made up for the real ones;
 *   asked who is closest to a key it names servers that do not exist, all closer than any that does;
 * - `garble`: answers with bytes that are no records, and names that are no peers.
 */
export const misdeeds = ['mute', 'deny', 'replay', 'forge', 'garble'] as const
export type Misdeed = (typeof misdeeds)[number]

/** Puts `misdeed` in the place of the member's own part of the directory. */
export async function misbehave({ host }: Member, misdeed: Misdeed): Promise<void> {
  const registrar = new HostileRegistrar(misdeed)
  await host.libp2p.unhandle(host.protocols.directory)
  await host.libp2p.handle(host.protocols.directory, stream => registrar.serve(stream), { maxInboundStreams: 64 })
  // Streams that were opened before would go on speaking to the honest handler.
  await Promise.all(host.libp2p.getConnections().map(connection => connection.close()))
}

class HostileRegistrar {
  readonly #misdeed: Misdeed
  /** The first record of each worker. */
  readonly #records = new Map<string, Uint8Array>()

  constructor(misdeed: Misdeed) {
    this.#misdeed = misdeed
  }

  serve(stream: Stream): void {
    if (this.#misdeed === 'mute') return
    const reader = new FrameReader(maxRequestFrameBytes)
    stream.addEventListener('message', ({ data }: StreamMessageEvent) => {
      for (const bytes of reader.read(data)) stream.send(withLength(encodeFrame(this.#answer(decodeRequest(bytes)))))
    })
  }

  #answer(request: RequestFrame): AnswerFrame {
    const { id, kind } = request
    if (kind === 'announce') this.#take(request.record)
    if (kind === 'closest') return { id, kind: 'closer', peers: this.#closer(request.target) }
    return kind === 'find' ? { id, kind: 'found', kept: [], ...this.#found() } : { id, kind: 'ok' }
  }

  #closer(target: Uint8Array): CloserPeer[] {
    if (this.#misdeed === 'garble') return [{ peer: '1'.repeat(52), addresses: ['/no/address'] }]
    return this.#misdeed === 'forge' ? madeUpServers(target) : []
  }

  #take(record: Uint8Array): void {
    const { peerId } = readRecord(record).claims
    if (!this.#records.has(peerId)) this.#records.set(peerId, new Uint8Array(record))
  }

  #found(): Forgery & { total: number } {
    const real = [...this.#records.values()]
    switch (this.#misdeed) {
      case 'replay':
        return { records: real, renewals: [], total: real.length }
      case 'forge':
        return {
          records: [...real.map(forgeRecord), ...real],
          renewals: real.map(forgeRenewal),
          total: real.length * 2,
        }
      case 'garble':
        return { records: real.map(record => record.map(byte => byte ^ 0x55)), renewals: [], total: real.length }
      default:
        return { records: [], renewals: [], total: 0 }
    }
  }
}
