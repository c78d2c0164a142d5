import { mkdir, symlink } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { request as httpRequest } from 'undici'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { drawPage } from '../../e2e/support/letters.ts'
import { UpstreamServer } from '../../e2e/support/upstream-server.ts'
import { settingsSchema } from '../shared/schema/settings.ts'
import type { DonorNode } from './node.ts'
import { StartedNodes } from './testing/started-nodes.ts'

let nodes: StartedNodes
beforeEach(async () => {
  nodes = await StartedNodes.create()
})
afterEach(() => nodes.remove())

/** Two nodes: one donates, the other asks. */
async function pair(): Promise<[DonorNode, DonorNode]> {
  const requester = await nodes.start('requester')
  const donor = await nodes.start('donor', { seeds: requester.status.get().self.addresses })
  await donor.setDonating(true, true)
  return [donor, requester]
}

function ask(node: DonorNode, service: string, body: Buffer | string, headers: Record<string, string> = {}) {
  return httpRequest(`http://127.0.0.1:${node.servicePort}/service/${service}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${node.accessToken}`, ...headers },
    body,
  })
}

const servicesWith = (upstreams: Record<string, string>) =>
  settingsSchema.shape.services.parse(
    Object.fromEntries(Object.entries(upstreams).map(([type, url]) => [type, { enabled: true, upstream: { url } }])),
  )

describe('while a node runs', () => {
  let server: UpstreamServer
  beforeEach(async () => {
    server = new UpstreamServer()
    await server.start()
  })
  afterEach(() => server.stop())

  it('servers of its owner are added, changed and removed, the network hears of it, and requests under way end well', async () => {
    const [donor, requester] = await pair()
    const through = async (body: string) => {
      const answer = await ask(requester, 'notes-coa', body)
      await answer.body.dump()
      expect(answer.statusCode).toBe(200)
    }
    await donor.updateSettings({ services: servicesWith({ 'notes-coa': server.url('/work/first') }) })
    await vi.waitFor(() => through('one'))

    server.workMs = 1_500
    const underWay = ask(requester, 'notes-coa', 'slow')
    await vi.waitFor(() => expect(server.counts().get('slow')).toBe(1))
    await donor.updateSettings({ services: servicesWith({ 'notes-coa': server.url('/work/second') }) })
    server.workMs = 0
    await vi.waitFor(() => through('two'))
    expect(server.runs.find(({ body }) => body === 'two')?.through).toBe('second')
    const answer = await underWay
    expect(await answer.body.text()).toBe('slow')
    expect(server.runs.find(({ body }) => body === 'slow')).toMatchObject({ through: 'first' })

    await donor.updateSettings({ services: servicesWith({ enhance: server.url('/work/third') }) })
    await vi.waitFor(async () => {
      const { statusCode, body } = await ask(requester, 'notes-coa', 'three')
      await body.dump()
      expect(statusCode).toBe(503)
    })
    await vi.waitFor(async () => {
      const { statusCode, body } = await ask(requester, 'enhance', 'four')
      expect([statusCode, await body.text()]).toEqual([200, 'four'])
    })
    expect(server.counts().has('three')).toBe(false)
  })

  it('a language that is installed is read, announced, and asked for by its code', async () => {
    const [donor, requester] = await pair()
    const page = await drawPage(['Größere Straßenbäume', 'müssen geschützt', 'bleiben.'], { height: 500 })
      .png()
      .toBuffer()
    const german = () =>
      ask(requester, 'ocr', page, { 'content-type': 'image/png', accept: 'text/plain', 'x-rma-languages': 'deu' })
    await vi.waitFor(async () => {
      const { statusCode, body } = await german()
      expect([statusCode, await body.json()]).toMatchObject([
        503,
        {
          error: {
            code: 'NO_WORKER',
            message: expect.stringContaining('no worker offers deu; offered: eng'),
            details: { languages: ['deu'], offered: ['eng'] },
          },
        },
      ])
    })

    const data = fileURLToPath(import.meta.resolve('@tesseract.js-data/deu/package.json'))
    const folder = join(nodes.folder, 'data')
    await mkdir(folder)
    const name = 'deu.traineddata.gz'
    await symlink(join(dirname(data), '4.0.0_best_int', name), join(folder, name))
    await donor.updateSettings({ reading: { languages: ['eng'], dataFolder: folder } })
    await vi.waitFor(async () => {
      const { statusCode, body } = await german()
      expect([statusCode, await body.text()]).toEqual([
        200,
        expect.stringMatching(/Größere Straßenbäume\s+müssen geschützt/),
      ])
    })
    expect(donor.status.get().services.find(({ type }) => type === 'ocr')?.languages).toEqual({
      chosen: ['eng'],
      installed: ['deu', 'eng'],
    })
  }, 90_000)
})
