import { RPCHandler } from '@orpc/server/message-port'
import { afterEach, expect, it, vi } from 'vitest'
import { PortTransport, portMessageType } from './port-transport.ts'
import { playedRouter } from './testing/played-node.ts'
import { standInWindow } from './testing/window.ts'

const nodeEnds: MessagePort[] = []

afterEach(() => {
  for (const port of nodeEnds.splice(0)) port.close()
})

/** A port for the page, with a node that has served so many requests at its other end. */
function portToNode(served: number): MessagePort {
  const { port1, port2 } = new MessageChannel()
  new RPCHandler(playedRouter(served)).upgrade(port1)
  port1.start()
  nodeEnds.push(port1)
  return port2
}

function setUp(answer: () => MessagePort | undefined) {
  const window = standInWindow()
  const requestPort = vi.fn(() => {
    const port = answer()
    if (port !== undefined) window.receive({ data: { type: portMessageType }, ports: [port] })
  })
  const transport = new PortTransport({ window, bridge: { shell: 'electron', requestPort } })
  return { window, requestPort, transport }
}

async function servedAt(transport: PortTransport): Promise<number | undefined> {
  const signal = new AbortController().signal
  const line = await transport.open(signal)
  for await (const { counters } of await line.client.status.watch(undefined, { signal })) {
    line.close()
    return counters.served
  }
  return undefined
}

it('asks the shell for a port and speaks to the node over it', async () => {
  const { transport, requestPort } = setUp(() => portToNode(7))
  expect(await servedAt(transport)).toBe(7)
  expect(requestPort).toHaveBeenCalledOnce()
})

it('uses a port that came unasked, the newest of several, once', async () => {
  const { window, transport, requestPort } = setUp(() => portToNode(3))
  window.receive({ data: { type: portMessageType }, ports: [portToNode(1)] })
  window.receive({ data: { type: portMessageType }, ports: [portToNode(2)] })
  expect(await servedAt(transport)).toBe(2)
  expect(requestPort).not.toHaveBeenCalled()
  expect(await servedAt(transport)).toBe(3)
})

it('takes no port from elsewhere', async () => {
  const { window, transport } = setUp(() => portToNode(3))
  const data = { type: portMessageType }
  window.receive({ data, ports: [portToNode(1)], origin: 'https://example.org' })
  window.receive({ data, ports: [portToNode(1)], source: null })
  window.receive({ data: { type: 'other' }, ports: [portToNode(1)] })
  expect(await servedAt(transport)).toBe(3)
})

it('tells when the other end is gone', async () => {
  const { transport } = setUp(() => portToNode(1))
  const line = await transport.open(new AbortController().signal)
  nodeEnds[0]?.close()
  await line.closed
})

it('gives up waiting for a port when it is told to', async () => {
  const { transport } = setUp(() => undefined)
  const life = new AbortController()
  const opened = transport.open(life.signal)
  life.abort()
  await expect(opened).rejects.toThrow('expected a port from the app, got none')
})
