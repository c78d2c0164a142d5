import { expect, test } from '@playwright/test'
import { obedient } from '../support/cloudflare/connector.ts'
import { CloudflareEdge } from '../support/cloudflare/edge.ts'
import { openTunnel } from '../support/cloudflare/open-tunnel.ts'
import { buildExamplePage, type PageSite, servePage } from '../support/example-page.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

// The tunnel's certificate is its own.
test.use({ ignoreHTTPSErrors: true })

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let site: PageSite
let edge: CloudflareEdge
let tunnel: Awaited<ReturnType<typeof openTunnel>>
let tunnelUrl: string
let coordinator: NodeProcess
let donor: NodeProcess
let apiUrl: string

test.beforeAll(async () => {
  folder = await temporaryFolder()
  site = await servePage(await buildExamplePage(folder.path))
  edge = await CloudflareEdge.start(folder.path)
  // No browser knows the names of this edge.
  edge.conduct = { ...obedient, hostname: edge.place.address }
  tunnelUrl = `https://${edge.place.address}:${edge.place.port}`
  coordinator = await NodeProcess.start({
    folder: folder.path,
    name: 'coordinator',
    command: 'coordinator',
    args: [...onLoopback, '--api-port', '0', '--api-listen', '127.0.0.1'],
    env: { CORS_ORIGINS: new URL(site.url).origin },
  })
  const runtime = await coordinator.runtime()
  apiUrl = runtime.apiUrl ?? ''
  const seeds = runtime.addresses.flatMap(address => ['--seed', address])
  donor = await NodeProcess.start({
    folder: folder.path,
    name: 'donor',
    args: [...onLoopback, ...seeds, '--donate', '--public-port', '0'],
    env: { TUNNEL_URL: tunnelUrl },
  })
  tunnel = await openTunnel(edge, (await donor.runtime()).publicUrl ?? '', folder.path)
})

test.afterAll(async () => {
  await Promise.all([coordinator?.kill(), donor?.kill(), site?.close(), tunnel?.stop()])
  await edge?.stop()
  await folder?.remove()
})

test('a page sends a letter straight to a volunteer behind a tunnel, with a coordinator’s ticket', async ({ page }) => {
  await page.goto(`${site.url}?coordinator=${apiUrl}`)
  await expect(page.getByRole('img')).toHaveAttribute('aria-label', /1 workers/, { timeout: 30_000 })
  const document = { name: 'letter.png', mimeType: 'image/png', buffer: await drawPage(letter).png().toBuffer() }
  await page.getByLabel('Document').setInputFiles(document)
  await page.getByLabel('Straight to a worker').check()
  const { peerId } = await donor.runtime()
  await page.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('status')).toContainText(peerId, { timeout: 30_000 })
  expect(characterAccuracy(letter, (await page.locator('#text').textContent()) ?? '')).toBeGreaterThanOrEqual(0.98)

  expect(edge.asked).toEqual(['OPTIONS /service/ocr', 'POST /service/ocr'])
  // The donor keeps it, as the coordinator's who vouched for it.
  const { peerId: voucher } = await coordinator.runtime()
  await expect(async () => {
    const { stdout } = await donor.command(['contribution', 'export'])
    expect(stdout.split('\n').filter(line => line.includes(',tunnel,') && line.includes(voucher))).toHaveLength(1)
  }).toPass({ timeout: 15_000 })
})

test('what comes through the tunnel is not taken for this machine’s own, token or not', async ({ request }) => {
  const headers = { authorization: `Bearer ${await donor.token()}` }
  for (const path of ['/', '/rpc', '/metrics', '/services']) {
    const answer = await request.get(tunnelUrl + path, { headers })
    expect([path, answer.status()]).toEqual([path, 404])
  }
  const answer = await request.post(`${tunnelUrl}/service/ocr`, { headers, data: 'x' })
  expect([answer.status(), (await answer.json()).error.code]).toEqual([401, 'TICKET_MALFORMED'])
})
