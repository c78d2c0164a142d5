import { beforeEach, describe, expect, it, vi } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import { second } from '../../shared/units.ts'
import { systemClock, TurnedClock } from '../clock.ts'
import { Channel } from './channel.ts'
import { withLength } from './frame-reader.ts'
import type { Answerer } from './server.ts'
import { type ChannelPair, nobody, question, startChannelPair } from './test-channel.ts'
import { createTestHost } from './test-network.ts'

let answer: Answerer
let ask: ChannelPair['ask']
let channels: ChannelPair['channels']
let openStream: ChannelPair['openStream']
let server: ChannelPair['server']
let serving: ChannelPair['serving']
let asking: ChannelPair['asking']

beforeEach(async () => {
  answer = nobody
  ;({ ask, channels, openStream, server, serving, asking } = await startChannelPair(
    (...asked) => answer(...asked),
    systemClock,
  ))
})

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
