import type { Stream, StreamMessageEvent } from '@libp2p/interface'
import { FrameReader, withLength } from '../../../src/main/directory/frame-reader.ts'
import {
  type AnswerFrame,
  decodeRequest,
  encodeFrame,
  maxRequestFrameBytes,
  type RequestFrame,
} from '../../../src/main/directory/frames.ts'
import { readRecord } from '../../../src/main/directory/record.ts'
import { type Forgery, forgeRecord, forgeRenewal } from './forgery.ts'
import type { Member } from './member.ts'

/**
 * What a hostile registrar does:
 * - `mute`: takes questions, to the DHT as well, and never answers;
 * - `deny`: takes records and says it knows nobody;
 * - `replay`: answers with the first record it got from each worker, for ever;
 * - `forge`: answers with the workers' records altered and numbered far ahead, and with renewals made up for the real ones;
 * - `garble`: answers with bytes that are no records.
 */
export const misdeeds = ['mute', 'deny', 'replay', 'forge', 'garble'] as const
export type Misdeed = (typeof misdeeds)[number]

/** Puts `misdeed` in the place of the member's own part of the directory. */
export async function misbehave({ host }: Member, misdeed: Misdeed): Promise<void> {
  const registrar = new HostileRegistrar(misdeed)
  const options = { maxInboundStreams: 64 }
  await host.libp2p.unhandle(host.protocols.directory)
  await host.libp2p.handle(host.protocols.directory, stream => registrar.serve(stream), options)
  if (misdeed === 'mute') {
    await host.libp2p.unhandle(host.protocols.kad)
    await host.libp2p.handle(host.protocols.kad, stream => registrar.serve(stream), options)
  }
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
    return kind === 'find' ? { id, kind: 'found', kept: [], ...this.#found() } : { id, kind: 'ok' }
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
