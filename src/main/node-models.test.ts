import { type Dispatcher, request as httpRequest } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { DonorNode } from './node.ts'
import { StandInEngine } from './services/loopback/testing/stand-in-engine.ts'
import { StartedNodes } from './testing/started-nodes.ts'

let nodes: StartedNodes
let engines: StandInEngine[]

beforeEach(async () => {
  nodes = await StartedNodes.create()
  engines = []
})
afterEach(async () => {
  await nodes.remove()
  await Promise.all(engines.map(engine => engine.stop()))
})

/** A node that donates nothing but the models of an engine beside it; it is told of both while it runs. */
async function donorOf(name: string, models: string[], seeds: string[]): Promise<[DonorNode, StandInEngine]> {
  const engine = await StandInEngine.start()
  engines.push(engine)
  engine.models = models.map(id => ({ id }))
  const node = await nodes.start(name, { seeds })
  await node.updateSettings({
    services: { ocr: { enabled: false }, 'ner-extraction': { enabled: false }, 'llm-inference': { enabled: true } },
    engines: { places: [{ name, url: engine.url }], maxTokens: 4_096 },
  })
  await node.setDonating(true, true)
  return [node, engine]
}

function ask(node: DonorNode, body: object, signal?: AbortSignal): Promise<Dispatcher.ResponseData> {
  return httpRequest(`http://127.0.0.1:${node.servicePort}/service/llm-inference`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.accessToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ prompt: 'Good', ...body }),
    ...(signal === undefined ? {} : { signal }),
  })
}

/** Resolves once the requester is answered; a donor just started is not known to it yet. */
async function answered(node: DonorNode, model: string): Promise<void> {
  await vi.waitFor(async () => {
    const { statusCode, body } = await ask(node, { model })
    await body.dump()
    expect(statusCode).toBe(200)
  })
}

const addressesOf = (node: DonorNode) => node.status.get().self.addresses

describe('requests for language models', () => {
  it('reach the node that has the model, and are told which there are', async () => {
    const requester = await nodes.start('requester')
    const seeds = addressesOf(requester)
    const [[, tiny], [donor, big]] = await Promise.all([
      donorOf('tiny', ['tiny-1b'], seeds),
      donorOf('big', ['big:70b', 'medium:13b'], seeds),
    ])
    await Promise.all([answered(requester, 'tiny-1b'), answered(requester, 'big:70b')])
    const before = tiny.seen.length
    for (let count = 0; count < 5; count++) await (await ask(requester, { model: 'medium:13b' })).body.dump()
    expect(tiny.seen).toHaveLength(before)
    expect(big.seen.filter(({ body }) => body.model === 'medium:13b')).toHaveLength(5)

    // Who was found within the last second is not looked for again.
    await vi.waitFor(async () => {
      const refused = await ask(requester, { model: 'huge-400b' })
      expect(refused.statusCode).toBe(503)
      expect(await refused.body.json()).toMatchObject({
        error: {
          code: 'NO_WORKER',
          message: expect.stringContaining('no worker offers model huge-400b; offered: big:70b, medium:13b, tiny-1b'),
          details: { model: 'huge-400b', offered: ['big:70b', 'medium:13b', 'tiny-1b'] },
        },
      })
    })

    // The donor now lets one model be used: the network hears of it, and the node goes on running.
    await donor.updateSettings({
      engines: { places: [{ name: 'big', url: big.url }], model: 'medium:13b', maxTokens: 10 },
    })
    await vi.waitFor(async () => {
      const { body } = await ask(requester, { model: 'big:70b' })
      expect(await body.json()).toMatchObject({ error: { details: { offered: ['medium:13b', 'tiny-1b'] } } })
    })
  })

  it('come back word by word through two nodes, and stop the engine when the requester goes', async () => {
    const requester = await nodes.start('requester')
    const [, engine] = await donorOf('donor', ['tiny-1b'], addressesOf(requester))
    await answered(requester, 'tiny-1b')

    engine.manner = { kind: 'well', words: ['one', 'two', 'three'], everyMs: 400 }
    const { body } = await ask(requester, { stream: true })
    const running: number[] = []
    let text = ''
    for await (const chunk of body) {
      text += chunk
      running.push(engine.running)
    }
    expect(running.slice(0, 2)).toEqual([1, 1])
    expect(text).toMatch(/^data: {"text":"one"}\n\ndata: {"text":"two"}\n\n[\s\S]*data: \[DONE\]\n\n$/)

    engine.manner = { kind: 'well', words: Array.from({ length: 1_000 }, () => 'word '), everyMs: 20 }
    const cancel = new AbortController()
    const broken = await ask(requester, { stream: true }, cancel.signal)
    broken.body.on('error', () => undefined)
    await broken.body[Symbol.asyncIterator]().next()
    cancel.abort()
    await vi.waitFor(() => expect(engine.seen.at(-1)?.aborted).toBe(true))

    engine.manner = { kind: 'breaks', after: 2 }
    const half = await ask(requester, { stream: true })
    expect(half.statusCode).toBe(200)
    await expect(half.body.text()).rejects.toThrow()

    engine.manner = { kind: 'nonsense' }
    const failed = await ask(requester, {})
    expect(await failed.body.json()).toMatchObject({ error: { details: { tried: [{ code: 'ENGINE_FAILED' }, {}] } } })
  })
})
