import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Browser, chromium, expect, type Page, test } from '@playwright/test'
import { findChromium } from '../support/chromium.ts'
import { characterAccuracy, drawPage, letter } from '../support/letters.ts'
import { NodeProcess } from '../support/node-process.ts'
import { canMakeNamespaces, loopbackSite, makeNamespace, type Site } from '../support/site.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

let site: Site
let folder: { path: string; remove: () => Promise<void> }
let browser: Browser
const nodes: NodeProcess[] = []

test.beforeAll(async () => {
  folder = await temporaryFolder()
  site = canMakeNamespaces() ? await makeNamespace() : loopbackSite
  if (!site.multicast) console.log('Not root: the nodes are given one seed address instead of multicast DNS.')
  const program = findChromium()
  if (program === undefined) throw new Error('no Chromium to test with')
  browser = await chromium.launch({
    executablePath: await site.wrapper(program, folder.path),
    args: [...(process.getuid?.() === 0 ? ['--no-sandbox'] : []), '--disable-background-networking', '--no-first-run'],
  })
})

test.afterAll(async () => {
  await browser?.close()
  await Promise.all(nodes.map(node => node.kill()))
  await site?.remove()
  await folder?.remove()
})

/** Starts a node without any configuration where multicast DNS may speak, else with the first one's address. */
async function startNode(name: string): Promise<NodeProcess> {
  const first = nodes[0]
  const seeds = first === undefined ? [] : (await first.runtime()).addresses.flatMap(address => ['--seed', address])
  const args = site.multicast ? [] : ['--no-mdns', '--listen', '127.0.0.1', ...seeds]
  const node = await NodeProcess.start({ folder: folder.path, name, site, args })
  nodes.push(node)
  return node
}

async function openDashboard(node: NodeProcess): Promise<Page> {
  const page = await browser.newPage()
  await page.goto(await node.dashboardUrl())
  // Each of them is left out of the first run, which has a test of its own.
  await page.getByRole('button', { name: 'Not now' }).click()
  await expect(page.getByRole('switch', { name: 'Donate Compute' })).toBeEnabled()
  return page
}

test('one machine donates, another gets a letter read by it, and both dashboards show it', async () => {
  const donor = await startNode('donor')
  const requester = await startNode('requester')
  const bystander = await startNode('bystander')
  const letterFile = join(folder.path, 'letter.png')
  await writeFile(letterFile, await drawPage(letter).png().toBuffer())
  const donorId = (await donor.runtime()).peerId
  const requesterPage = await openDashboard(requester)
  const donorPage = await openDashboard(donor)

  await test.step('nobody donates yet: the request is refused with a reason', async () => {
    const { code, stdout, stderr } = await requester.command(['request', 'ocr', letterFile])
    expect(stdout).toBe('')
    expect(stderr).toContain('The network "local" is open')
    expect(stderr).toContain('no worker could take the ocr request')
    expect(code).toBe(1)
  })

  await test.step('the owner clicks Donate Compute and agrees', async () => {
    await donorPage.getByRole('switch', { name: 'Donate Compute' }).click({ force: true })
    await donorPage.getByRole('button', { name: 'I understand, donate compute' }).click()
    await expect(donorPage.getByTestId('activity')).toContainText('Ready')
  })

  await test.step('the others hear of it within seconds', async () => {
    await requesterPage.getByRole('link', { name: 'Topology' }).click()
    await expect(requesterPage.getByTestId('topology-counts')).toContainText('1 donating')
  })

  await test.step('the text comes back over a direct connection', async () => {
    const { code, stdout, stderr } = await requester.command(['request', 'ocr', letterFile, '--json'])
    expect(code, stderr).toBe(0)
    const answer = JSON.parse(stdout)
    expect(characterAccuracy(letter, answer.text)).toBeGreaterThanOrEqual(0.98)
    expect(answer.pages).toHaveLength(1)
  })

  await test.step('plain text goes into a pipe', async () => {
    const input = await drawPage(letter).jpeg().toBuffer()
    const { code, stdout, stderr } = await bystander.command(['request', 'ocr', '-', '--type', 'image/jpeg'], input)
    expect(code, stderr).toBe(0)
    expect(characterAccuracy(letter, stdout)).toBeGreaterThanOrEqual(0.98)
  })

  await test.step('the topology of the requester shows the donor and the way to it', async () => {
    await requesterPage.getByRole('radio', { name: 'Table' }).click({ force: true })
    const row = requesterPage.getByRole('row').filter({ hasText: donorId.slice(-6) })
    await expect(row).toContainText('Donating')
    await expect(row).toContainText('direct')
  })

  await test.step('both dashboards show the job and the edge it took', async () => {
    await requesterPage.getByRole('link', { name: 'Status' }).click()
    const sent = requesterPage.getByTestId('recent-job').filter({ has: requesterPage.getByLabel('Done') })
    await expect(sent).toContainText(`sent to`)
    await expect(sent).toContainText('direct')
    const served = donorPage.getByTestId('recent-job').filter({ has: donorPage.getByLabel('Done') })
    await expect(served).toHaveCount(2)
    await expect(served.first()).toContainText('direct')
  })

  await test.step('after the donor’s power is cut, the next request says who was tried', async () => {
    await donor.kill()
    const startedAt = Date.now()
    const { code, stderr } = await requester.command(['request', 'ocr', letterFile])
    expect(code).toBe(1)
    expect(stderr).toContain('no worker could take the ocr request')
    expect(Date.now() - startedAt).toBeLessThan(30_000)
  })

  await test.step('with another donor the request is answered again', async () => {
    expect((await bystander.command(['donate', 'on', '--agree'])).code).toBe(0)
    await expect
      .poll(async () => (await requester.command(['request', 'ocr', letterFile])).code, { timeout: 20_000 })
      .toBe(0)
  })

  await test.step('they stop when asked', async () => {
    expect(await requester.stop()).toBe(0)
    expect(await bystander.stop()).toBe(0)
  })
})
