import { once } from 'node:events'
import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it, onTestFinished } from 'vitest'
import { upstreamSettingsSchema } from '../../../shared/schema/service-settings.ts'
import { minute } from '../../../shared/units.ts'
import { TurnedClock } from '../../clock.ts'
import type { EngineOutput } from '../engine-session.ts'
import { chunksOf, failureOf } from '../testing/test-host.ts'
import { askUpstream } from './upstream-request.ts'

const hang = { code: 'ENGINE_FAILED', details: { reason: 'hang' } }

/** Asks a server that answers as told and may be silent for two minutes, by a clock that stands still. */
async function ask(listener: RequestListener, body: AsyncIterable<Uint8Array> = chunksOf(Buffer.from('ask'))) {
  const server = createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  const clock = new TurnedClock()
  const settings = upstreamSettingsSchema.parse({ url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/` })
  const waitedForUntil = () => clock.now() + 30 * minute
  const input = { contentType: 'text/plain', accept: '', bytes: new Uint8Array(), body, waitedForUntil }
  return { clock, answer: askUpstream(settings, input, { clock, signal: new AbortController().signal }) }
}

async function textOfNext(answer: AsyncGenerator<EngineOutput, void, void>): Promise<string> {
  const { value } = await answer.next()
  return Buffer.from(value?.value as Uint8Array).toString()
}

/** A body whose last piece comes when it is told to, after the first, if there is one. */
function halting(first?: string) {
  const waits = Promise.withResolvers<void>()
  const rest = Promise.withResolvers<void>()
  async function* body() {
    if (first !== undefined) yield Buffer.from(first)
    waits.resolve()
    await rest.promise
    yield Buffer.from('last')
  }
  return { body: body(), waits: waits.promise, goOn: rest.resolve }
}

const echo: RequestListener = (request, response) => request.pipe(response)

it('a server is not blamed for a reader who takes their time, but for its own silence after that', async () => {
  const read = Promise.withResolvers<void>()
  const { clock, answer } = await ask((_, response) => {
    response.write('first')
    void read.promise.then(() => response.write('second'))
  })
  await answer.next()
  clock.turn(10 * minute)
  expect(await textOfNext(answer)).toBe('first')
  clock.turn(10 * minute)
  read.resolve()
  expect(await textOfNext(answer)).toBe('second')
  const failure = failureOf(answer.next())
  clock.turn(2 * minute)
  expect(await failure).toMatchObject(hang)
})

it('a server is not blamed for a requester who takes their time, but for its own silence after that', async () => {
  const { body, waits, goOn } = halting()
  const received = Promise.withResolvers<void>()
  const { clock, answer } = await ask(request => request.resume().on('end', received.resolve), body)
  const failure = failureOf(answer.next())
  await waits
  clock.turn(10 * minute)
  goOn()
  await received.promise
  clock.turn(2 * minute)
  expect(await failure).toMatchObject(hang)
})

it('a server may wait for its requester in the midst of its answer', async () => {
  const { body, waits, goOn } = halting('first')
  const { clock, answer } = await ask(echo, body)
  await answer.next()
  expect(await textOfNext(answer)).toBe('first')
  await waits
  const last = textOfNext(answer)
  clock.turn(10 * minute)
  goOn()
  expect(await last).toBe('last')
  expect(await answer.next()).toEqual({ done: true, value: undefined })
})

it('a reader may take their time while the requester goes on', async () => {
  const { body, waits, goOn } = halting('first')
  const received = Promise.withResolvers<void>()
  const { clock, answer } = await ask((request, response) => {
    request.on('end', received.resolve)
    echo(request, response)
  }, body)
  await answer.next()
  await waits
  goOn()
  await received.promise
  clock.turn(10 * minute)
  expect(await textOfNext(answer)).toContain('first')
})
