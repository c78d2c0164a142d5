import { expect, test } from '@playwright/test'
import { buildExamplePage, type PageSite, servePage } from '../support/example-page.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let site: PageSite
let otherSite: PageSite
let coordinator: NodeProcess
let donor: NodeProcess
let apiUrl: string

test.beforeAll(async () => {
  folder = await temporaryFolder()
  const outDir = await buildExamplePage(folder.path)
  site = await servePage(outDir)
  otherSite = await servePage(outDir)
  coordinator = await NodeProcess.start({
    folder: folder.path,
    name: 'coordinator',
    command: 'coordinator',
    args: [...onLoopback, '--api-port', '0', '--api-listen', '127.0.0.1', '--location', 'london'],
    env: { CORS_ORIGINS: new URL(site.url).origin },
  })
  const runtime = await coordinator.runtime()
  apiUrl = runtime.apiUrl ?? ''
  const seeds = runtime.addresses.flatMap(address => ['--seed', address])
  const args = [...onLoopback, ...seeds, '--donate', '--location', 'leeds']
  donor = await NodeProcess.start({ folder: folder.path, name: 'donor', args })
})

test.afterAll(async () => {
  await Promise.all([coordinator?.kill(), donor?.kill(), site?.close(), otherSite?.close()])
  await folder?.remove()
})

test('a page on the web has a letter read by a volunteer, and draws the network', async ({ page }) => {
  await page.goto(`${site.url}?coordinator=${apiUrl}`)
  const picture = page.getByRole('img')
  await expect(picture).toHaveAttribute('aria-label', '2 nodes: 1 coordinators, 1 workers', { timeout: 30_000 })
  await expect(picture.locator('circle')).toHaveCount(2)
  await expect(picture.locator('circle.worker')).toHaveCount(1)
  await expect(picture.locator('line')).toHaveCount(1)
  await expect(picture.getByText('leeds')).toHaveCount(1)

  const document = { name: 'letter.png', mimeType: 'image/png', buffer: await drawPage(letter).png().toBuffer() }
  await page.getByLabel('Document').setInputFiles(document)
  await page.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('status')).toContainText((await donor.runtime()).peerId, { timeout: 30_000 })
  const text = (await page.locator('#text').textContent()) ?? ''
  expect(characterAccuracy(letter, text)).toBeGreaterThanOrEqual(0.98)
})

test('says by its code what a coordinator refuses', async ({ page }) => {
  await page.goto(`${site.url}?coordinator=${apiUrl}`)
  const document = { name: 'letter.png', mimeType: 'image/png', buffer: Buffer.from('not a picture') }
  await page.getByLabel('Document').setInputFiles(document)
  await page.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('status')).toContainText('UNSUPPORTED_TYPE')
  // The worker has no address on the web, so there is nobody to go straight to.
  await page.getByLabel('Straight to a worker').check()
  await page.getByRole('button', { name: 'Read it' }).click()
  await expect(page.getByRole('status')).toContainText('NO_WORKER')
})

test('is told nothing where the operator has not named its origin', async ({ page }) => {
  await page.goto(`${otherSite.url}?coordinator=${apiUrl}`)
  await expect(page.locator('#network')).toContainText('UNREACHABLE')
})
