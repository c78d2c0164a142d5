import { readdir } from 'node:fs/promises'
import { request as httpRequest } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Flags } from './config/node-config.ts'
import type { DonorNode } from './node.ts'
import { StartedNodes } from './testing/started-nodes.ts'

let nodes: StartedNodes

beforeEach(async () => {
  nodes = await StartedNodes.create()
})
afterEach(() => nodes.remove())

const startNode = (name: string, flags?: Flags) => nodes.start(name, flags)

function self(node: DonorNode) {
  return node.status.get().self
}

describe('a node', () => {
  it('starts and stops twice in one process and leaves no socket and no process behind', async () => {
    const before = handles()
    for (let times = 0; times < 2; times++) {
      const node = await startNode('only')
      await node.setDonating(true, true)
      await nodes.stop(node)
    }
    await vi.waitFor(() => expect(handles()).toEqual(before))
  })

  it('keeps its identity and its owner’s choice over a restart', async () => {
    const first = await startNode('kept')
    await first.setDonating(true, true)
    const { peerId } = self(first)
    await nodes.stop(first)
    const second = await startNode('kept')
    expect(self(second).peerId).toBe(peerId)
    expect(second.status.get()).toMatchObject({ donating: true, consent: true })
  })

  it('donates only after its owner has agreed, once', async () => {
    const node = await startNode('consent')
    await expect(node.setDonating(true)).rejects.toMatchObject({ code: 'CONSENT_REQUIRED' })
    expect(node.status.get().donating).toBe(false)
    await node.setDonating(true, true)
    await node.setDonating(false)
    await node.setDonating(true)
    await vi.waitFor(() => expect(node.status.get()).toMatchObject({ donating: true, activity: { kind: 'alone' } }))
  })

  it('shows others that it donates within seconds, and that it no longer does', async () => {
    const seed = await startNode('seed')
    const other = await startNode('other', { seeds: self(seed).addresses })
    await other.setDonating(true, true)
    const donating = async () => (await seed.look()).nodes.find(node => node.peerId === self(other).peerId)
    await vi.waitFor(async () =>
      expect(await donating()).toMatchObject({ state: 'donating', services: ['ocr', 'ner-extraction'] }),
    )
    expect(seed.topology.get().counts).toEqual({ connected: 1, known: 1, donating: 1 })
    await other.setDonating(false)
    await vi.waitFor(async () => expect(await donating()).toMatchObject({ role: 'peer', services: [] }))
  })

  it('does not mix with a node of another network', async () => {
    const seed = await startNode('here', { network: 'here' })
    const stranger = await startNode('there', { network: 'there', seeds: self(seed).addresses })
    await stranger.setDonating(true, true)
    // A time for the next try means that the first one has failed.
    const tried = { kind: 'alone', nextTryAt: expect.any(Number) }
    await vi.waitFor(() => expect(stranger.status.get().activity).toEqual(tried))
    expect(stranger.topology.get().counts.connected).toBe(0)
    expect(seed.topology.get().counts.connected).toBe(0)
  })

  it('refuses to share a data folder or a port that was asked for', async () => {
    const node = await startNode('shared')
    await expect(startNode('shared')).rejects.toMatchObject({ code: 'DATA_FOLDER_IN_USE' })
    const taken = startNode('other', { servicePort: node.servicePort })
    await expect(taken).rejects.toMatchObject({ code: 'PORT_IN_USE' })
    expect(await readdir(nodes.folder)).toEqual(['other', 'shared'])
  })

  it('answers NO_WORKER with the reason when nobody donates', async () => {
    const node = await startNode('lonely')
    const response = await httpRequest(`http://127.0.0.1:${node.servicePort}/service/ocr`, {
      method: 'POST',
      headers: { authorization: `Bearer ${node.accessToken}`, 'content-type': 'image/png' },
      body: 'x',
    })
    expect(response.statusCode).toBe(503)
    expect(await response.body.json()).toMatchObject({
      error: { code: 'NO_WORKER', details: { tried: [{ worker: 'coordinator' }] } },
    })
    await vi.waitFor(() => expect(node.status.get().routing.failedRequests).toBe(1))
  })

  it('tells programs on its machine what became of requests, and nobody who does not show the token', async () => {
    const node = await startNode('measured')
    const metricsUrl = `http://127.0.0.1:${node.servicePort}/metrics`
    const headers = { authorization: `Bearer ${node.accessToken}` }
    await httpRequest(`http://127.0.0.1:${node.servicePort}/service/ocr`, { method: 'POST', headers, body: 'x' })
    const { headers: said, body } = await httpRequest(metricsUrl, { headers })
    expect(said['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await body.text()).toContain('rma_requests_total{service="ocr",outcome="failed"} 1\n')
    expect(node.routingReport()).toMatchObject({
      totals: { failedRequests: 1 },
      services: [{ service: 'ocr', failed: 1 }],
    })
    expect((await httpRequest(metricsUrl)).statusCode).toBe(401)
  })
})

/** Sockets and servers that keep the process alive, by kind. */
function handles(): string[] {
  return process
    .getActiveResourcesInfo()
    .filter(kind => /TCP|UDP|Server|ChildProcess|Pipe/.test(kind))
    .sort()
}
