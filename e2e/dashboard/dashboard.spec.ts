import { readFile } from 'node:fs/promises'
import AxeBuilder from '@axe-core/playwright'
import { expect, type Page, test } from '@playwright/test'
import { pages } from '../../src/shared/pages.ts'
import { pagesFolder } from '../support/pages-folder.ts'
import { playBusy, type ScriptedNode, startScriptedNode } from '../support/scripted-node.ts'

let scripted: ScriptedNode
let violations: string[]

async function open(page: Page, path: string): Promise<void> {
  violations = []
  page.on('console', message => {
    if (message.text().includes('Content Security Policy')) violations.push(message.text())
  })
  await page.goto(scripted.server.accessUrl)
  await page.goto(`${scripted.server.url}#/${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
}

test.beforeEach(async () => {
  scripted = await startScriptedNode({ pagesFolder, peers: 12 })
})

test.afterEach(async () => {
  await scripted.stop()
  expect(violations).toEqual([])
})

test('asks for consent before the first donation, and only then', async ({ page }) => {
  await open(page, 'status')
  const donate = page.getByRole('switch', { name: 'Donate Compute' })
  await page.getByText('Donate Compute').locator('..').locator('..').getByText('Off', { exact: true }).waitFor()
  await donate.focus()
  await page.keyboard.press('Space')
  const dialog = page.getByRole('dialog')
  await expect(dialog).toContainText('Prompts and documents of other people pass through your machine')
  await dialog.getByRole('button', { name: 'Not now' }).click()
  await expect(donate).not.toBeChecked()
  expect(scripted.node.status.get().donating).toBe(false)

  await donate.focus()
  await page.keyboard.press('Space')
  await dialog.getByRole('button', { name: 'I understand' }).click()
  await expect(donate).toBeChecked()
  expect(scripted.node.status.get()).toMatchObject({ donating: true, consent: true })

  await donate.focus()
  await page.keyboard.press('Space')
  await expect(donate).not.toBeChecked()
  await page.keyboard.press('Space')
  await expect(donate).toBeChecked()
  await expect(dialog).toHaveCount(0)
})

test('says in one sentence what the node does, as it changes', async ({ page }) => {
  await open(page, 'status')
  const sentence = page.getByTestId('activity')
  await expect(sentence).toContainText('Off')
  playBusy(scripted)
  await expect(sentence).toHaveText('Working on 2 requests')
  await expect(page.getByTestId('running-job')).toHaveCount(2)
  await expect(page.getByText(/found 4 GiB/)).toBeVisible()
})

test('sorts the table of nodes by keyboard', async ({ page }) => {
  await open(page, 'topology')
  await page.getByRole('radio', { name: 'Table' }).click()
  const head = page.getByRole('columnheader', { name: 'Load' })
  await head.getByRole('button').focus()
  await page.keyboard.press('Enter')
  await page.keyboard.press('Enter')
  await expect(head).toHaveAttribute('aria-sort', 'descending')
  const highest = Math.max(...scripted.node.topology.get().nodes.map(node => node.load ?? 0))
  await expect(page.locator('tbody tr').first()).toContainText('This machine')
  await expect(page.locator('tbody tr').nth(1)).toContainText(`${Math.round(highest * 100)}%`)

  await page.getByRole('grid').focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('Enter')
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible()
})

test('takes every count from the topology', async ({ page }) => {
  await open(page, 'topology')
  const { connected, known, donating } = scripted.node.topology.get().counts
  await expect(page.getByTestId('topology-counts')).toHaveText(
    `${connected} connected·${known} known·${donating} donating`,
  )
})

test('filters the log', async ({ page }) => {
  await open(page, 'logs')
  await page.getByRole('searchbox', { name: 'Search' }).fill('engine stopped')
  await expect(page.getByText(/^1 of \d+ entries$/)).toBeVisible()
  await expect(page.locator('tbody tr')).toHaveCount(1)
  await page.getByRole('searchbox', { name: 'Search' }).fill('no such words')
  await page.getByRole('button', { name: 'Clear filters' }).click()
  await page.getByRole('button', { name: 'Debug' }).click()
  await expect(page.locator('tbody')).not.toContainText('table refreshed')
})

test('keeps the last state while the node is away, and comes back by itself', async ({ page }) => {
  await open(page, 'status')
  playBusy(scripted)
  await expect(page.getByTestId('counter-served')).toHaveText('128')
  const port = Number(new URL(scripted.server.url).port)
  await scripted.stop()
  const banner = page.getByText('The connection to your node is interrupted')
  await expect(banner).toBeVisible()
  await expect(page.getByTestId('counter-served')).toHaveText('128')
  await expect(page.getByRole('switch', { name: 'Donate Compute' })).toBeDisabled()
  scripted = await startScriptedNode({ pagesFolder, peers: 12, port })
  await expect(banner).toBeHidden({ timeout: 30_000 })
  await expect(page.getByTestId('counter-served')).toHaveText('0')
})

test('shows each request in full, and only those of one kind', async ({ page }) => {
  await open(page, 'jobs')
  await expect(page.getByText('No requests yet')).toBeVisible()
  playBusy(scripted)
  const rows = page.getByRole('grid', { name: 'Requests' }).locator('tbody tr')
  await expect(rows).toHaveCount(scripted.node.jobs.get().jobs.length)
  await page.getByRole('radio', { name: 'Failed' }).click()
  await expect(rows).toHaveCount(1)
  await rows.first().click()
  const details = page.getByRole('region', { name: 'Request' })
  await expect(details).toContainText('Failed: the connection to the helper broke off')
  await expect(details).toContainText('WORKER_LOST')
  await page.getByRole('radio', { name: 'Active' }).click()
  await rows.first().click()
  await details.getByRole('button', { name: /^Cancel/ }).click()
  // The scripted node knows no job to cancel, and what it says is shown.
  await expect(details.getByRole('alert')).toContainText('no job')
})

test('shows what was given, by day and over a year, and hands it over as a file', async ({ page }) => {
  await open(page, 'contribution')
  await expect(page.getByText('Nothing given in these days')).toBeVisible()
  playBusy(scripted)
  await expect(page.getByRole('table', { name: 'Requests served by day' }).locator('tbody tr').first()).toBeAttached()
  await expect(page.getByRole('region', { name: 'In all these days' })).toContainText('1,252')
  await page.getByRole('radio', { name: '12 months' }).click()
  await expect(page.getByRole('img', { name: /on \d+ of the last 365 days/ })).toBeVisible()

  scripted.node.pieces = [
    { text: 'request_id,service\r\n', written: 0, total: 2 },
    { text: 'a,ocr\r\nb,ocr\r\n', written: 2, total: 2 },
  ]
  const download = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Export CSV' }).click()
  const file = await download
  expect(file.suggestedFilename()).toMatch(/^rma-donor-contribution-\d{4}-\d{2}-\d{2}\.csv$/)
  expect(await readFile(await file.path(), 'utf8')).toBe('request_id,service\r\na,ocr\r\nb,ocr\r\n')
  await expect(page.getByText('2 requests exported')).toBeVisible()
})

test('says what is wrong with the network first, and checks again when asked', async ({ page }) => {
  await open(page, 'status')
  playBusy(scripted)
  await page.getByRole('link', { name: 'Network', exact: true }).click()
  const card = page.getByRole('region', { name: 'Can this node take part?' })
  const problem = card.getByRole('listitem').first()
  await expect(problem).toContainText('The clock is 10 min slow')
  await expect(problem.getByLabel('Problem')).toBeVisible()
  scripted.node.diagnosis = { findings: [{ kind: 'nowhere-to-look', level: 'problem' }] }
  await card.getByRole('button', { name: 'Check again' }).click()
  await expect(problem).toContainText('There is nobody to ask')
  scripted.node.diagnosis = { findings: [{ kind: 'connected', level: 'good', peers: 1 }] }
  scripted.node.topology.update(topology => ({ ...topology, counts: { ...topology.counts, connected: 1 } }))
  await expect(problem).toContainText('Connected to 1 node')
})

test('counts how requests were answered, anew with each that ends', async ({ page }) => {
  await open(page, 'network')
  const card = page.getByRole('region', { name: 'Requests from this node' })
  await expect(card).toContainText('No requests yet')
  playBusy(scripted)
  await expect(card.getByRole('definition').first()).toHaveText('9')
  await expect(card.getByRole('row', { name: /Read documents/ })).toContainText('27')
  await expect(card.getByText('avoided')).toHaveCount(1)
})

test('shows what strangers wrote as text', async ({ page }) => {
  const payload = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
  await open(page, 'logs')
  scripted.node.logs.write(JSON.stringify({ level: 40, time: Date.now(), component: payload, msg: payload }))
  await page.getByRole('searchbox', { name: 'Search' }).fill('onerror')
  await expect(page.locator('tbody tr')).toContainText(payload)
  expect(await page.evaluate(() => 'broken' in window)).toBe(false)
})

test('draws the load of the last minutes as it comes, and tells what it does not know', async ({ page }) => {
  await open(page, 'load')
  const cpu = page.getByTestId('chart-cpu')
  await expect(cpu).toContainText('The first figures come')
  const point = {
    at: Date.now() - 60_000,
    memoryUsedMiB: 1_024,
    cards: [],
    bytesIn: 0,
    bytesOut: 0,
    running: 0,
    waiting: 0,
  }
  scripted.node.load.set([{ ...point, cpu: 0.25 }])
  await expect(cpu.getByRole('img', { name: 'now 25%, between 25% and 25%' })).toBeVisible()
  await expect(page.getByRole('region', { name: 'Temperature' })).toContainText('No sensor of this machine')
  scripted.node.load.set([{ ...point, at: Date.now(), cpu: 0.75 }])
  await expect(cpu.getByRole('img', { name: 'now 75%, between 25% and 75%' })).toBeVisible()

  await page.getByRole('radio', { name: 'Table' }).click()
  const newest = page.getByRole('region', { name: 'Load of the last 10 minutes' }).getByRole('row').nth(1)
  await expect(newest).toContainText('75%')
  await expect(newest).toContainText('Unknown')
})

test('says what a service needs, why it is not offered, and what would help', async ({ page }) => {
  await open(page, 'services')
  playBusy(scripted)
  const card = page.getByRole('region', { name: 'Answer prompts' })
  await expect(card).toContainText('Needs an NVIDIA or AMD card with 6 GiB free: found 4 GiB')
  await expect(card).toContainText('A graphics card with 6 GiB of its own could do it')
  const reading = page.getByRole('region', { name: 'Read documents' })
  await expect(reading.getByRole('meter', { name: 'Running now' })).toHaveText('Running now2 of 2')
  await expect(reading.getByRole('meter', { name: 'In the queue' })).toHaveText('In the queue1 of 8')
  await reading.getByRole('combobox', { name: 'Requests at once' }).selectOption('4')
  await expect.poll(() => scripted.node.settings.get().services.ocr).toEqual({ enabled: true, slots: 4 })
  expect(scripted.node.settings.get().services['ner-extraction']).toEqual({ enabled: true })
})

for (const path of pages) {
  test(`has no accessibility violations: ${path}, light and dark`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' })
    await open(page, path)
    playBusy(scripted)
    expect(await barriers(new AxeBuilder({ page }))).toEqual([])
    await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' })
    // Nothing but colours differs.
    expect(await barriers(new AxeBuilder({ page }).withRules(['color-contrast', 'link-in-text-block']))).toEqual([])
  })
}

async function barriers(axe: AxeBuilder): Promise<string[]> {
  const { violations: found } = await axe.analyze()
  return found.map(({ id, nodes }) => `${id}: ${nodes.map(node => node.html).join(' ')}`)
}
