import type { Stream } from '@libp2p/interface'
import { beforeEach, describe, expect, it, vi } from 'vitest'
import { KiB, MiB, second } from '../../shared/units.ts'
import { TurnedClock } from '../clock.ts'
import { withLength } from './frame-reader.ts'
import { type AnswerFrame, encodeFrame, type RequestFrame } from './frames.ts'
import type { Answerer, Asker } from './server.ts'
import { type ChannelPair, nobody, question, startChannelPair } from './test-channel.ts'

/** As much as the registrars of a busy key say. */
const full = ({ id }: RequestFrame): AnswerFrame => ({
  kind: 'found',
  id,
  records: Array.from({ length: 60 }, () => new Uint8Array(4_096)),
  renewals: [],
  kept: [],
  total: 60,
})

let answer: Answerer
let clock: TurnedClock
let ask: ChannelPair['ask']
let asking: ChannelPair['asking']
let channels: ChannelPair['channels']
let openStream: ChannelPair['openStream']
let serving: ChannelPair['serving']

beforeEach(async () => {
  answer = nobody
  clock = new TurnedClock()
  ;({ ask, asking, channels, openStream, serving } = await startChannelPair((...asked) => answer(...asked), clock))
})

const ended = (stream: Stream) => new Promise<void>(resolve => stream.addEventListener('close', () => resolve()))

/** Bytes of answers that the server has yet to send. */
const unsentBytes = () =>
  serving.libp2p
    .getConnections()
    .flatMap(({ streams }) => streams)
    .reduce((bytes, stream) => bytes + stream.writeBufferLength, 0)

/** Lets the server send so many bytes more on a stream that this end does not read, and waits until it has. */
async function takeBytes(stream: Stream, bytes: number): Promise<void> {
  // libp2p itself makes its window larger only where it reads.
  const yamux = stream as unknown as {
    streamId: number
    recvWindowCapacity: number
    sendFrame(header: object): boolean
  }
  yamux.recvWindowCapacity += bytes
  yamux.sendFrame({ type: 1, flag: 0, streamID: yamux.streamId, length: bytes })
  await asking.libp2p.services.ping.ping(serving.peerId)
}

describe('the registrar’s end', () => {
  it('knows who asks from the connection, not from what they say', async () => {
    const askers: Asker[] = []
    answer = (request, asker) => {
      askers.push(asker)
      return nobody(request)
    }
    await ask()
    expect(askers).toEqual([{ from: asking.peerId.toString(), group: 'ip4:127.0' }])
  })

  it('closes a stream that carries no frames', async () => {
    const stream = await openStream()
    stream.send(withLength(Uint8Array.of(1, 2, 3)))
    await ended(stream)
  })

  it('closes a stream rather than send an answer larger than any', async () => {
    let asked = 0
    answer = ({ id }) => {
      asked++
      const records = Array.from({ length: 100 }, () => new Uint8Array(4_096))
      return { kind: 'found', id, records, renewals: [], kept: [], total: 100 }
    }
    const stream = await openStream()
    const bytes = withLength(encodeFrame({ ...question, id: 1 }))
    // A second question, and something that is none, in the same message: nothing more comes of them.
    stream.send(Buffer.concat([bytes, bytes, withLength(Uint8Array.of(1, 2, 3))]))
    await ended(stream)
    expect(asked).toBeGreaterThanOrEqual(1)
    answer = nobody
    expect((await ask()).kind).toBe('found')
  })

  it('closes a stream that announces a frame longer than any', async () => {
    const stream = await openStream()
    stream.send(Uint8Array.of(0xff, 0xff, 0x7f))
    await ended(stream)
  })

  it('closes a stream whose frame trickles in for more than ten seconds', async () => {
    let asked = 0
    answer = request => {
      asked++
      return nobody(request)
    }
    const stream = await openStream()
    const bytes = withLength(encodeFrame({ ...question, id: 1 }))
    stream.send(Buffer.concat([bytes, bytes.subarray(0, 3)]))
    await vi.waitFor(() => expect(asked).toBe(1))
    clock.turn(6 * second)
    stream.send(bytes.subarray(3, 4))
    await ask()
    clock.turn(5 * second)
    await ended(stream)
  })

  it('answers a flood with short refusals and goes on serving', async () => {
    const settled = []
    for (let batch = 0; batch < 25; batch++)
      settled.push(...(await Promise.allSettled(Array.from({ length: 200 }, () => ask()))))
    expect(settled.filter(each => each.status === 'fulfilled')).toHaveLength(4_000)
    expect(settled.at(-1)).toMatchObject({ reason: { code: 'QUOTA_EXCEEDED' } })
    // Nor does a new stream have an allowance of its own.
    channels.stop()
    channels.start()
    await expect(ask()).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' })
    clock.turn(second)
    expect((await ask()).kind).toBe('found')
  })

  describe('with a peer that asks for more than it takes', () => {
    let asked: number[]
    let stream: Stream

    beforeEach(async () => {
      asked = []
      answer = request => {
        asked.push(request.id)
        return full(request)
      }
      stream = await openStream()
      // The stream would break off by itself when its own buffer is full.
      Object.assign(stream, { maxReadBufferLength: 64 * MiB })
      stream.pause()
    })

    const ids = (count: number) => Array.from({ length: count }, (_, id) => id)
    const known = Array.from({ length: 500 }, (): [string, number] => ['abcdefghijkl', 1_700_000_000_000])
    const short = (id: number) => withLength(encodeFrame({ ...question, id }))
    const long = (id: number) => withLength(encodeFrame({ ...question, id, known }))

    it('answers of what came in one message as much as is taken, and all of it in the end', async () => {
      stream.send(Buffer.concat(ids(40).map(short)))
      await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(4))
      for (let time = 0; time < 50; time++) await takeBytes(stream, 16)
      // A stream takes 256 KiB, the server sets 512 KiB aside, and the one answer that goes beyond that.
      expect(asked).toEqual(ids(4))
      expect(unsentBytes()).toBeLessThan((512 + 320) * KiB)
      stream.resume()
      await vi.waitFor(() => expect(asked).toEqual(ids(40)))
      // Until the last of them is taken as well, its time runs.
      await vi.waitFor(() => expect(unsentBytes()).toBe(0))
      clock.turn(11 * second)
      stream.send(short(40))
      await vi.waitFor(() => expect(asked).toEqual(ids(41)))
      expect(stream.status).toBe('open')
    })

    it('reads nothing more of it before it has answered what it has read, and then all', async () => {
      stream.send(Buffer.concat(ids(6).map(long)))
      await vi.waitFor(() => expect(asked.length).toBeGreaterThanOrEqual(4))
      for (const id of ids(80).slice(6)) stream.send(long(id))
      const unread = stream.writeBufferLength
      expect(unread).toBeGreaterThan(512 * KiB)
      await takeBytes(stream, 256 * KiB)
      expect(asked).toEqual(ids(5))
      expect(stream.writeBufferLength).toBe(unread)
      stream.resume()
      await vi.waitFor(() => expect(asked).toEqual(ids(80)))
      expect(stream.status).toBe('open')
    })

    it('gives it the time it needs to take its answers, where it has begun to ask for something more', async () => {
      const last = short(8)
      stream.send(Buffer.concat([...ids(8).map(short), last.subarray(0, 3)]))
      for (const count of [4, 5, 6, 7]) {
        await vi.waitFor(() => expect(asked).toEqual(ids(count)))
        clock.turn(6 * second)
        await takeBytes(stream, 256 * KiB)
      }
      stream.resume()
      await vi.waitFor(() => expect(asked).toEqual(ids(8)))
      stream.send(last.subarray(3))
      await vi.waitFor(() => expect(asked).toEqual(ids(9)))
    })
  })

  describe('with a peer that does not take its answers', () => {
    const answers = 8
    let asked: number
    let stream: Stream

    beforeEach(async () => {
      asked = 0
      answer = request => {
        asked++
        return full(request)
      }
      stream = await openStream()
      // The stream would break off by itself when its own buffer is full.
      Object.assign(stream, { maxReadBufferLength: 16 * MiB })
      stream.pause()
      for (let id = 0; id < answers; id++) stream.send(withLength(encodeFrame({ ...question, id })))
      // A stream takes 256 KiB, the server sets 512 KiB aside: beyond that it stops reading.
      await vi.waitFor(() => expect(asked).toBeGreaterThanOrEqual(4))
    })

    it('ends the stream after ten seconds', async () => {
      clock.turn(10 * second)
      stream.resume()
      await ended(stream)
    })

    it('goes on once they are taken', async () => {
      let bytes = 0
      stream.addEventListener('message', ({ data }) => {
        bytes += data.byteLength
      })
      stream.resume()
      await vi.waitFor(() => expect(bytes).toBeGreaterThan(answers * 60 * 4_096))
      await ask()
      clock.turn(11 * second)
      stream.send(withLength(encodeFrame({ ...question, id: answers })))
      await vi.waitFor(() => expect(asked).toBe(answers + 2))
      expect(stream.status).toBe('open')
    })
  })

  it('takes two streams a connection and no more', async () => {
    await Promise.all([openStream(), openStream()])
    const third = await openStream()
    await vi.waitFor(() => expect(third.status).not.toBe('open'))
  })
})
