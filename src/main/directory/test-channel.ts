import type { Stream } from '@libp2p/interface'
import { pino } from 'pino'
import { onTestFinished } from 'vitest'
import { second } from '../../shared/units.ts'
import { type Clock, systemClock } from '../clock.ts'
import { Contacts } from '../dht/contacts.ts'
import type { Host } from '../dht/host.ts'
import { Channels } from './channels.ts'
import type { AnswerFrame, RequestFrame } from './frames.ts'
import { type Answerer, DirectoryServer } from './server.ts'
import { createTestHost } from './test-network.ts'

/** What is asked of the registrar. */
export const question = { kind: 'find', key: 'service:ocr', limit: 1 } as const

/** That there is nobody, as an answer. */
export const nobody = ({ id }: RequestFrame): AnswerFrame => ({
  kind: 'found',
  id,
  records: [],
  renewals: [],
  kept: [],
  total: 0,
})

/** Two hosts that are connected, one of which asks the other. */
export interface ChannelPair {
  serving: Host
  asking: Host
  server: DirectoryServer
  channels: Channels
  openStream(): Promise<Stream>
  ask(timeoutMs?: number, signal?: AbortSignal): Promise<AnswerFrame>
}

/** Both stop with the present test. `answer` and `clock` are the registrar's. */
export async function startChannelPair(answer: Answerer, clock: Clock): Promise<ChannelPair> {
  const [serving, asking] = [await createTestHost(), await createTestHost()]
  await Promise.all([serving.start(), asking.start()])
  const server = new DirectoryServer({ host: serving, answer, clock, log: pino({ level: 'silent' }) })
  await server.start()
  await asking.libp2p.dial(serving.libp2p.getMultiaddrs())
  const channels = new Channels({ host: asking, contacts: new Contacts({ host: asking }), clock: systemClock })
  channels.start()
  onTestFinished(async () => {
    channels.stop()
    await server.stop()
    await Promise.all([serving.stop(), asking.stop()])
  })
  return {
    serving,
    asking,
    server,
    channels,
    openStream: () => asking.libp2p.dialProtocol(serving.peerId, serving.protocols.directory),
    ask: (timeoutMs = 5 * second, signal) =>
      channels.ask(serving.peerId.toString(), question, { timeoutMs, ...(signal === undefined ? {} : { signal }) }),
  }
}
