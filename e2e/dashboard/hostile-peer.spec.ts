import { encode } from '@ipld/dag-cbor'
import { expect, test } from '@playwright/test'
import { Channels } from '../../src/main/directory/channels.ts'
import { sealEnvelope } from '../../src/main/directory/envelope.ts'
import { RmaError } from '../../src/shared/errors.ts'
import { pages } from '../../src/shared/pages.ts'
import type { WorkerRecord } from '../../src/shared/schema/worker.ts'
import { minute, second } from '../../src/shared/units.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { createMember, draftOf, type Member } from '../support/swarm/member.ts'
import { RunningClock } from '../support/swarm/running-clock.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const markup = '<img src=x onerror=window.broken=1><script>window.broken=1</script>'
/** 64 characters are what a graphics card's name may have. */
const shortMarkup = '<script>window.broken=1</script><img src=x onerror=broken()>'
const payloads = { markup, override: 'safe\u202Egnp.exe', long: 'W'.repeat(10_000) }
const clock = new RunningClock()

/** A record with any text in any of its fields, signed as its signer would. */
async function seal(member: Member, fields: object): Promise<Uint8Array> {
  const now = Date.now()
  const times = { seq: now, issuedAt: now, expiresAt: now + 5 * minute }
  const record = { ...times, ...draftOf('ocr'), addresses: [], ...fields } satisfies Partial<WorkerRecord>
  const payloadType = Buffer.from('/rma/worker-record', 'utf8')
  const domain = `rma/${member.host.networkId}/worker-record`
  return sealEnvelope(member.privateKey, domain, payloadType, encode(record))
}

test('a peer that writes markup, overrides and endless words into its record is refused or shown as text', async ({
  page,
}) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({
    folder: folder.path,
    name: 'node',
    args: [...onLoopback, '--network', 'swarm'],
  })
  const { peerId: nodeId, addresses } = await node.runtime()
  const peer = await createMember({ listen: '127.0.0.1', seeds: [...addresses] }, clock)
  const channels = new Channels({ host: peer.host, contacts: peer.directory.contacts, clock })
  const peerId = peer.host.peerId.toString()
  const keys = ['service:ocr', `worker:${peerId}`]
  const announce = async (fields: object) => {
    const record = await seal(peer, fields)
    return channels.ask(nodeId, { kind: 'announce', record, keys }, { timeoutMs: 5 * second })
  }
  try {
    await peer.start()
    channels.start()
    await expect.poll(() => peer.host.libp2p.getPeers().map(String)).toContain(nodeId)

    const fields: Record<string, (text: string) => object> = {
      services: text => ({ services: [text] }),
      location: text => ({ location: text }),
      addresses: text => ({ addresses: [`/${text}`] }),
      tunnelUrl: text => ({ tunnelUrl: `https://${text}` }),
      state: text => ({ state: text }),
      card: text => ({
        capabilities: { ...draftOf('ocr').capabilities, gpus: [{ vendor: 'other', model: text, vramMiB: 0 }] },
      }),
      model: text => ({ choices: [{ service: 'ocr', models: [text] }] }),
      unknown: text => ({ [text.slice(0, 60)]: 1 }),
    }
    const accepted: string[] = []
    for (const [field, make] of Object.entries(fields)) {
      for (const [payload, text] of Object.entries(payloads)) {
        const outcome = await announce(make(text)).then(
          () => 'accepted',
          error => (error instanceof RmaError ? error.code : String(error)),
        )
        if (outcome === 'accepted') accepted.push(`${field}: ${payload}`)
        else expect(outcome, `${field}: ${payload}`).toMatch(/^(RECORD_REFUSED|PROTOCOL)$/)
      }
    }
    // Names of models and addresses are any printable text; what they are is for whoever uses them to say.
    expect(accepted.filter(each => !/^(model|addresses): markup$/.test(each))).toEqual([])

    await announce({
      capabilities: {
        ...draftOf('ocr').capabilities,
        gpus: [{ vendor: 'other', model: shortMarkup, vramMiB: 4_194_304 }],
      },
      services: ['ocr', ...Array.from({ length: 63 }, (_, index) => `${'w'.repeat(29)}-${index}`)],
      location: 'w'.repeat(32),
    })
    await page.goto(await node.dashboardUrl())
    const notNow = page.getByRole('button', { name: 'Not now' })
    await notNow.click()
    // The page goes on by itself once the node has noted it: not in the middle of what follows.
    await notNow.waitFor({ state: 'detached' })
    await page.setViewportSize({ width: 390, height: 844 })
    for (const path of pages) {
      await page.goto(`${new URL(await node.dashboardUrl()).origin}/#/${path}`)
      await page.getByRole('heading', { level: 1 }).waitFor()
      if (path === 'topology') {
        await page.getByRole('radio', { name: 'Table' }).click()
        await page
          .getByRole('row')
          .filter({ hasText: peerId.slice(-6) })
          .click()
        const details = page.getByRole('complementary', { name: 'Details' })
        await expect(details).toContainText(shortMarkup, { timeout: 30_000 })
        await expect(details).toContainText('w'.repeat(32))
      }
      expect(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), path).toBe(0)
      expect(await page.locator('img, main script').count(), path).toBe(0)
      expect(await page.evaluate(() => 'broken' in window), path).toBe(false)
    }
  } finally {
    channels.stop()
    await peer.stop()
    await node.kill()
    await folder.remove()
  }
})
