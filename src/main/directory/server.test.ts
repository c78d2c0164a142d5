import type { Stream } from '@libp2p/interface'
import { pino } from 'pino'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { MiB, second } from '../../shared/units.ts'
import { systemClock, TurnedClock } from '../clock.ts'
import { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { Channel } from './channel.ts'
import { Channels } from './channels.ts'
import { withLength } from './frame-reader.ts'
import { type AnswerFrame, encodeFrame, type RequestFrame } from './frames.ts'
import { type Asker, DirectoryServer } from './server.ts'
import { createTestHost } from './test-network.ts'

const log = pino({ level: 'silent' })
const question = { kind: 'find', key: 'service:ocr', limit: 1 } as const
const nobody = ({ id }: RequestFrame): AnswerFrame => ({
  kind: 'found',
  id,
  records: [],
  renewals: [],
  kept: [],
  total: 0,
})

let answer: (request: RequestFrame, asker: Asker) => AnswerFrame
let clock: TurnedClock
let serving: Host
let asking: Host
let server: DirectoryServer
let channels: Channels

beforeEach(async () => {
  answer = nobody
  clock = new TurnedClock()
  serving = await createTestHost()
  asking = await createTestHost()
  await Promise.all([serving.start(), asking.start()])
  server = new DirectoryServer({ host: serving, answer: (...asked) => answer(...asked), clock, log })
  await server.start()
  await asking.libp2p.dial(serving.libp2p.getMultiaddrs())
  channels = new Channels({ host: asking, contacts: new Contacts({ host: asking }), clock: systemClock })
  channels.start()
})

afterEach(async () => {
  channels.stop()
  await server.stop()
  await Promise.all([serving.stop(), asking.stop()])
})

const openStream = (): Promise<Stream> => asking.libp2p.dialProtocol(serving.peerId, serving.protocols.directory)
const ended = (stream: Stream) => new Promise<void>(resolve => stream.addEventListener('close', () => resolve()))
const ask = (timeoutMs = 5 * second, signal?: AbortSignal) =>
  channels.ask(serving.peerId.toString(), question, { timeoutMs, ...(signal === undefined ? {} : { signal }) })

describe('a channel', () => {
  it('carries many questions at once over one stream', async () => {
    const answers = await Promise.all(Array.from({ length: 200 }, () => ask()))
    expect(answers).toHaveLength(200)
    const streams = asking.libp2p.getConnections().flatMap(connection => connection.streams)
    expect(streams.filter(stream => stream.protocol === serving.protocols.directory)).toHaveLength(1)
  })

  it('opens a new stream after the old one broke', async () => {
    await ask()
    await server.stop()
    await expect(ask(500)).rejects.toThrow()
    await server.start()
    expect((await ask()).kind).toBe('found')
  })

  it('brings the registrar’s error back as what it was', async () => {
    answer = () => {
      throw new RmaError('RECORD_REFUSED', 'not today', { reason: 'expired' })
    }
    await expect(ask()).rejects.toMatchObject({
      code: 'RECORD_REFUSED',
      message: 'not today',
      details: { reason: 'expired' },
    })
  })

  it('says each time that a peer cannot be reached, and reaches it once it can', async () => {
    const peer = serving.peerId.toString()
    await server.stop()
    for (let tried = 0; tried < 2; tried++)
      await expect(channels.ask(peer, question, { timeoutMs: 0.5 * second })).rejects.toThrow()
    await server.start()
    expect((await ask()).kind).toBe('found')
  })

  it('has one stream, however many ask for it at the same time and fail', async () => {
    const nobody = (await createTestHost()).peerId.toString()
    const asked = Array.from({ length: 3 }, () => channels.ask(nobody, question, { timeoutMs: 0.5 * second }))
    const settled = await Promise.allSettled(asked)
    expect(settled.map(each => each.status)).toEqual(['rejected', 'rejected', 'rejected'])
  })

  it('says once that it has closed, and takes no more questions', async () => {
    const onFailure = vi.fn()
    const channel = new Channel(await openStream(), systemClock, onFailure)
    const asked = channel.ask(question, { timeoutMs: 5 * second })
    channel.close()
    channel.close()
    await expect(asked).rejects.toMatchObject({ code: 'PROTOCOL' })
    await expect(channel.ask(question, { timeoutMs: 5 * second })).rejects.toMatchObject({ code: 'PROTOCOL' })
    expect(onFailure).toHaveBeenCalledOnce()
  })

  it('fails for good when its stream takes nothing more', async () => {
    const stream = await openStream()
    const onFailure = vi.fn()
    const channel = new Channel(stream, systemClock, onFailure)
    expect((await channel.ask(question, { timeoutMs: 5 * second })).kind).toBe('found')
    const closing = stream.close()
    await expect(channel.ask(question, { timeoutMs: 5 * second })).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('takes nothing more'),
    })
    expect(onFailure).toHaveBeenCalledOnce()
    await closing.catch(() => undefined)
  })

  it('fails where what comes back is no answer', async () => {
    await server.stop()
    await serving.libp2p.handle(serving.protocols.directory, stream => {
      stream.send(withLength(Uint8Array.of(1, 2, 3)))
    })
    await expect(ask()).rejects.toMatchObject({
      code: 'PROTOCOL',
      message: expect.stringContaining('no valid answer'),
    })
    await serving.libp2p.unhandle(serving.protocols.directory)
    await server.start()
    expect((await ask()).kind).toBe('found')
  })

  it('refuses more questions than 256 at a time', async () => {
    const channel = new Channel(await openStream(), systemClock)
    const asked = Array.from({ length: 300 }, () => channel.ask(question, { timeoutMs: 5 * second }))
    const settled = await Promise.allSettled(asked)
    expect(settled.filter(each => each.status === 'fulfilled')).toHaveLength(256)
    expect(settled.find(each => each.status === 'rejected')).toMatchObject({ reason: { code: 'BUSY' } })
    channel.close()
  })

  it('ends with CANCELLED when the asker gives up', async () => {
    const controller = new AbortController()
    await ask()
    answer = request => {
      controller.abort()
      return nobody(request)
    }
    await expect(ask(5 * second, controller.signal)).rejects.toMatchObject({ code: 'CANCELLED' })
  })

  it('ends with DEADLINE when no answer comes, and takes the answer to nobody’s question without harm', async () => {
    const stream = await openStream()
    const channelClock = new TurnedClock()
    const channel = new Channel(stream, channelClock)
    const late = channel.ask(question, { timeoutMs: second })
    channelClock.turn(second)
    await expect(late).rejects.toMatchObject({ code: 'DEADLINE' })
    expect((await channel.ask(question, { timeoutMs: 5 * second })).kind).toBe('found')
    channel.close()
  })
})

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
    clock.turn(second)
    expect((await ask()).kind).toBe('found')
  })

  describe('with a peer that does not take its answers', () => {
    const answers = 8
    const full = ({ id }: RequestFrame): AnswerFrame => ({
      kind: 'found',
      id,
      records: Array.from({ length: 60 }, () => new Uint8Array(4_096)),
      renewals: [],
      kept: [],
      total: 60,
    })
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
      await vi.waitFor(() => expect(bytes).toBeGreaterThan(answers * 60 * 4_096), 5_000)
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
