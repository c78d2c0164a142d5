import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, type Page, test } from '@playwright/test'
import { fixedPort } from '../support/fixed-port.ts'
import { drawPage, letter } from '../support/letters.ts'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { watchColour } from '../support/watch-colour.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
const nodes: NodeProcess[] = []

test.beforeEach(async () => {
  folder = await temporaryFolder()
})
test.afterEach(async () => {
  await Promise.all(nodes.splice(0).map(node => node.kill()))
  await folder.remove()
})

async function startNode(name: string, args: readonly string[]): Promise<NodeProcess> {
  const node = await NodeProcess.start({ folder: folder.path, name, args: [...onLoopback, ...args] })
  nodes.push(node)
  return node
}

async function open(page: Page, node: NodeProcess): Promise<void> {
  await page.goto(await node.dashboardUrl())
  await expect(page.getByRole('switch', { name: 'Donate Compute' })).toBeEnabled()
}

test('a request lights its edge, is listed, and is in the exported file', async ({ page }) => {
  const donor = await startNode('donor', ['--donate'])
  const seeds = (await donor.runtime()).addresses.flatMap(address => ['--seed', address])
  const requester = await startNode('requester', seeds)
  const requesterId = (await requester.runtime()).peerId
  await open(page, donor)
  await page.getByRole('link', { name: 'Topology' }).click()
  const picture = page.getByRole('img', { name: /^Network graph of 2 nodes and 1 connection/ })
  await picture.waitFor()
  // The colour of running requests, away from this machine in the middle.
  const lit = watchColour(picture, { token: 'accent', until: 60 })
  await expect(picture).toHaveAttribute('data-watched', 'yes')

  const letterFile = join(folder.path, 'letter.png')
  await writeFile(letterFile, await drawPage(letter).png().toBuffer())
  const { code, stderr } = await requester.command(['request', 'ocr', letterFile])
  expect(code, stderr).toBe(0)
  expect((await lit).at(-1)?.farthest).toBeGreaterThan(60)

  await page.getByRole('link', { name: 'Jobs' }).click()
  const row = page.getByRole('grid', { name: 'Requests' }).locator('tbody tr')
  await expect(row).toContainText('Read documents')
  await expect(row.getByLabel('Done')).toBeVisible()
  await row.click()
  await expect(page.getByRole('region', { name: 'Request' })).toContainText(requesterId)

  await page.getByRole('link', { name: 'Contribution' }).click()
  const exported = async (name: string) => {
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name }).click()
    return readFile(await (await download).path(), 'utf8')
  }
  const [job] = JSON.parse(await exported('Export JSON'))
  expect(job).toMatchObject({ role: 'served', service: 'ocr', requester: requesterId, state: 'done', path: 'direct' })
  const [head, line, ...rest] = (await exported('Export CSV')).split('\r\n')
  expect(head).toMatch(/^request_id,role,service,requester,/)
  expect(line).toContain(`${job.request_id},served,ocr,${requesterId},`)
  expect(rest).toEqual([''])
})

test('a page outlives its node, and finds it again by itself', async ({ page }) => {
  const ports = ['--dashboard-port', String(await fixedPort())]
  const node = await startNode('node', ['--donate', ...ports])
  await open(page, node)
  await page.getByRole('link', { name: 'Settings' }).click()
  const threads = page.getByRole('textbox', { name: 'Processor threads at most' })
  await threads.fill('1')
  await node.kill()
  const banner = page.getByText('The connection to your node is interrupted')
  await expect(banner).toBeVisible()
  await expect(page.getByRole('button', { name: 'Save', exact: true })).toBeDisabled()
  const again = await startNode('node', ports)
  await expect(banner).toBeHidden({ timeout: 30_000 })
  // What was typed meanwhile is still there, and saved in the node that runs now.
  await expect(threads).toHaveValue('1')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect
    .poll(async () => JSON.parse((await again.command(['status', '--json'])).stdout).allowance.cpuThreads)
    .toBe(1)
})

test('a service that cannot be offered says why, and what would help', async ({ page }) => {
  const node = await startNode('node', ['--donate'])
  await open(page, node)
  await page.getByRole('link', { name: 'Services' }).click()
  const card = page.getByRole('region', { name: 'Answer prompts' })
  await card.getByRole('switch').focus()
  await page.keyboard.press('Space')
  await expect(card).toContainText('Start one of these to offer it: Ollama')
  await expect(card.getByLabel('What helps')).toBeVisible()
  const { services } = JSON.parse((await node.command(['status', '--json'])).stdout)
  expect(services.find((service: { type: string }) => service.type === 'llm-inference').unavailable).toMatchObject({
    kind: 'needs-engine',
  })
})
