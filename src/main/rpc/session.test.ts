import { pino } from 'pino'
import { expect, it, onTestFinished } from 'vitest'
import { createRpcHandler } from './handler.ts'
import { RpcSession } from './session.ts'
import { StandInNode } from './testing/stand-in-node.ts'

const log = pino({ level: 'silent' })

/** A client's session, the messages it was sent, and why it was hung up on. */
function open() {
  const sent: unknown[] = []
  const reasons: string[] = []
  const session = new RpcSession({
    handler: createRpcHandler(new StandInNode(), log),
    log,
    channel: { send: message => void sent.push(message), hangUp: reason => void reasons.push(reason) },
  })
  onTestFinished(() => session.end())
  return { session, sent, reasons }
}

const call = (id: number, path: string) => JSON.stringify({ i: String(id), p: { u: path } })

it('hangs up on a client that opens more calls than it may', async () => {
  const { session, reasons } = open()
  // A stream stays open until its client has enough of it.
  for (let id = 1; id <= 200 && reasons.length === 0; id++) {
    void session.receive(call(id, '/status/watch'))
    await new Promise(setImmediate)
  }
  expect(reasons).toEqual(['expected at most 128 calls at a time'])
})

it('refuses input that no schema can judge as bad input, not as a fault of the node', async () => {
  const { session, sent } = open()
  const input = { limits: { programs: { length: { toString: 1 } } } }
  await session.receive(JSON.stringify({ i: '1', p: { u: '/settings/update', b: { json: input } } }))
  expect(String(sent[0])).toContain('"code":"BAD_REQUEST"')
})
