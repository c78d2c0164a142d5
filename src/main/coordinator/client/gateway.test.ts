import { describe, expect, it } from 'vitest'
import { RmaError } from '../../../shared/errors.ts'
import type { Forward, ForwardOutcome } from '../../routing/forwarder.ts'
import { Gateway } from './gateway.ts'

const coordinators = ['near', 'far', 'farther'].map(peerId => ({ peerId, addresses: [] }))
const lost = (sent: boolean): ForwardOutcome => ({
  kind: 'lost',
  error: new RmaError('WORKER_LOST', 'gone', { sent }),
})
const refused = (code: 'DRAINING' | 'NO_WORKER'): ForwardOutcome => ({
  kind: 'refused',
  error: new RmaError(code, 'no'),
})

function request(replayable = true): Omit<Forward, 'to'> {
  return {
    service: 'ocr',
    requester: '12D3KooWRequester',
    headers: { id: 'request-0001', deadlineMs: 1_000, hops: 1, trustedOnly: false, contentType: '', accept: '' },
    body: { replayable, held: undefined, length: 1, read: () => new Uint8Array(1) },
    signal: new AbortController().signal,
  }
}

async function forwarded(outcomes: ForwardOutcome[], asked: Omit<Forward, 'to'>, known = coordinators) {
  const sentTo: string[] = []
  const gateway = new Gateway({
    coordinators: () => known,
    forwarder: {
      send: async ({ to }) => {
        sentTo.push(to.peerId)
        return outcomes[sentTo.length - 1] ?? lost(true)
      },
    },
  })
  const outcome = await gateway.forward(asked)
  return { sentTo, code: outcome.kind === 'answered' ? 'answered' : outcome.error.code }
}

describe('the way to a coordinator', () => {
  it('leads to the nearest, and to the next only where that was not reached or is shutting down', async () => {
    expect(await forwarded([refused('NO_WORKER')], request())).toEqual({ sentTo: ['near'], code: 'NO_WORKER' })
    expect(await forwarded([lost(false), refused('NO_WORKER')], request())).toEqual({
      sentTo: ['near', 'far'],
      code: 'NO_WORKER',
    })
    expect((await forwarded([refused('DRAINING'), lost(true)], request())).sentTo).toEqual(['near', 'far'])
  })

  it('is not gone twice by what may have arrived, or cannot be sent again', async () => {
    expect((await forwarded([lost(true)], request())).sentTo).toEqual(['near'])
    expect((await forwarded([lost(false)], request(false))).sentTo).toEqual(['near'])
  })

  it('ends after two, and says so where no coordinator is known', async () => {
    expect((await forwarded([lost(false), lost(false)], request())).sentTo).toEqual(['near', 'far'])
    expect(await forwarded([], request(), [])).toEqual({ sentTo: [], code: 'NO_WORKER' })
  })
})
