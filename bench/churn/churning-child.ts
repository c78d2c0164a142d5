import { randomUUID } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import { createMember, draftOf } from '../../e2e/support/swarm/member.ts'
import { systemClock } from '../../src/main/clock.ts'
import { toRmaError } from '../../src/shared/errors.ts'
import { LightServices } from '../routing/light-services.ts'
import { startRoutingNode } from '../routing/routing-node.ts'
import { churningInitSchema, commonService, questionSchema, requestDeadlineMs, type Word } from './churning-words.ts'

/** A node that does one service and asks others for another. It ends with its channel, and when it does not get in. */
const { seeds, offers, wants } = churningInitSchema.parse(JSON.parse(process.argv[2] ?? '{}'))
const listen = '127.0.0.1'
const workMs = 50
const payload = Buffer.alloc(1_024, 'x')
const findsOthersWithinMs = 10_000

const say = (word: Word) => process.send?.(word)
const member = await createMember({ listen, seeds }, systemClock)
await member.start()
const services = new LightServices({ service: offers, slots: 4, bound: 16, workMs, answer: 'echo' })
const { router } = await startRoutingNode({ host: member.host, services, workers: member.directory.cache })
member.directory.announcer.update(draftOf(commonService, { services: [commonService, offers] }))
const startedAt = performance.now()
// Who has met one other alone is not in yet: that one may be gone the next moment.
while (member.host.libp2p.getPeers().length < Math.min(2, seeds.length)) {
  if (performance.now() - startedAt > findsOthersWithinMs) process.exit(1)
  await delay(50)
}

async function request(): Promise<string> {
  const limit = AbortSignal.timeout(requestDeadlineMs)
  try {
    const answer = await router.route({
      id: randomUUID(),
      service: wants,
      requester: 'bench',
      contentType: 'application/octet-stream',
      accept: '',
      body: singly(payload),
      declaredBytes: payload.length,
      deadlineAt: Date.now() + requestDeadlineMs,
      signal: limit,
    })
    let bytes = 0
    if (answer.body instanceof Uint8Array) bytes = answer.body.length
    else for await (const chunk of answer.body) bytes += chunk.byteLength
    return bytes === payload.length ? 'answered' : 'another answer'
  } catch (error) {
    return limit.aborted ? 'DEADLINE' : toRmaError(error).code
  }
}

async function* singly(bytes: Uint8Array) {
  yield bytes
}

process.on('message', message => {
  const { id, ask } = questionSchema.parse(message)
  if (ask === 'request') void request().then(how => say({ kind: 'ended', id, how }))
  else
    void member.directory.finder
      .findService(commonService, { limit: 256 })
      .catch(() => [])
      .then(workers => say({ kind: 'found', id, workers: workers.map(({ peerId }) => peerId) }))
})
process.on('disconnect', () => process.exit())
const addresses = member.host.libp2p.getMultiaddrs().map(String)
say({ kind: 'ready', peerId: member.host.peerId.toString(), addresses })
