import { pino } from 'pino'
import { describe, expect, it } from 'vitest'
import { RmaError } from '../../shared/errors.ts'
import type { WorkerView } from '../../shared/schema/worker.ts'
import { TurnedClock } from '../clock.ts'
import { JobLog } from '../ledger/job-log.ts'
import type { Journey } from './journey.ts'
import { captureBody } from './request-body.ts'
import { WorkerAsker } from './worker-asker.ts'
import { WorkerExperience } from './worker-experience.ts'

const clock = new TurnedClock()

/** Asks a worker that is lost with these details. */
async function loseWith(details: Record<string, unknown>) {
  const removed: string[] = []
  const experience = new WorkerExperience({ clock })
  const asker = new WorkerAsker({
    services: { isIdempotent: () => true },
    workers: { remove: peerId => removed.push(peerId), heard: () => undefined },
    forwarder: { send: async () => ({ kind: 'lost', error: new RmaError('WORKER_LOST', 'gone', details) }) },
    experience,
    clock,
    log: pino({ level: 'silent' }),
  })
  const page = Buffer.from('a page')
  const request: Journey['request'] = {
    id: 'request-0001',
    service: 'ocr',
    requester: 'me',
    contentType: '',
    accept: '',
    body: pieces(page),
    deadlineAt: clock.now() + 60_000,
    signal: new AbortController().signal,
  }
  const journey: Journey = {
    request,
    body: await captureBody(pieces(page), { maxBytes: 100 }),
    job: new JobLog({ clock }).begin({ id: request.id, role: 'requested', service: 'ocr', requester: 'me' }),
    tried: [],
    asked: new Set(),
    unreached: new Set(),
    brokenOff: [],
    known: [],
  }
  const worker = { peerId: 'w', record: { addresses: [] as string[] } } as WorkerView
  expect(await asker.ask(worker, journey, { step: 'cache' })).toBeUndefined()
  return { removed, avoided: experience.of(worker, 'ocr').avoided }
}

async function* pieces(bytes: Uint8Array) {
  yield bytes
}

describe('a worker that is lost', () => {
  it('is forgotten until it is announced anew when its connection broke', async () => {
    expect(await loseWith({ sent: true })).toEqual({ removed: ['w'], avoided: undefined })
  })

  it('rests at once but stays known when it was silent: it may be this machine that was slow', async () => {
    expect(await loseWith({ sent: true, silent: true })).toEqual({ removed: [], avoided: 'failed' })
  })
})
