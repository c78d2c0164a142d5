import { setTimeout } from 'node:timers/promises'
import { expect, type Page, test } from '@playwright/test'
import { pagesFolder } from '../support/pages-folder.ts'
import { playBusy, type ScriptedNode, startScriptedNode } from '../support/scripted-node.ts'

let scripted: ScriptedNode

test.beforeEach(async () => {
  scripted = await startScriptedNode({ pagesFolder, peers: 12 })
  playBusy(scripted)
})
test.afterEach(() => scripted.stop())

async function open(page: Page, path: string): Promise<void> {
  await page.goto(scripted.server.accessUrl)
  await page.goto(`${scripted.server.url}#/${path}`)
  await page.getByRole('heading', { level: 1 }).waitFor()
}

const failNext = () => {
  scripted.node.failure = new Error('the disk is full')
}

test('a pause, and a way back from it, that came to nothing say why where they were asked for', async ({ page }) => {
  await open(page, 'logs')
  failNext()
  await page.getByRole('button', { name: 'Pause' }).click()
  await page.getByRole('menuitem', { name: 'For 2 hours' }).click()
  const failure = page.getByRole('alert')
  await expect(failure).toBeVisible()
  await page.keyboard.press('Escape')
  await expect(failure).toBeHidden()

  scripted.node.status.update(status => ({ ...status, activity: { kind: 'paused' } }))
  const banner = page.getByTestId('owner-banner')
  failNext()
  await banner.getByRole('button', { name: 'Resume' }).click()
  await expect(banner.getByRole('alert')).toBeVisible()

  const port = Number(new URL(scripted.server.url).port)
  await scripted.stop()
  await expect(page.getByText('The connection to your node is interrupted')).toBeVisible()
  await expect(banner).toBeHidden()
  scripted = await startScriptedNode({ pagesFolder, peers: 12, port })
})

test('settings that could not be saved and are given up leave nothing behind', async ({ page }) => {
  await open(page, 'settings')
  const bar = page.getByRole('region', { name: 'Changes' })
  const place = page.getByRole('textbox', { name: 'Place' })
  await place.fill('leeds')
  scripted.node.updateSettings = () => Promise.reject(new Error('the disk is full'))
  await bar.getByRole('button', { name: 'Save' }).click()
  await expect(bar).toContainText('Not saved:')
  await bar.getByRole('button', { name: 'Discard' }).click()
  await expect(bar).toBeHidden()
  await place.fill('york')
  await expect(bar).not.toContainText('Not saved:')
})

test('settings that are saved, and taken back, leave what was changed elsewhere meanwhile', async ({ page }) => {
  await open(page, 'settings')
  const { node } = scripted
  await page.getByRole('switch', { name: 'Relay for others' }).focus()
  await page.keyboard.press('Space')
  const joined = { name: 'charity', caPublicKey: 'A'.repeat(43), seeds: ['/dns4/charity.example.org/tcp/8468'] }
  node.settings.update(settings => ({ ...settings, network: { ...settings.network, ...joined } }))
  await expect(page.getByRole('textbox', { name: 'Name of the network' })).toHaveValue('charity')
  await page.getByRole('button', { name: 'Save', exact: true }).click()
  await expect(page.getByText('Saved', { exact: true })).toBeVisible()
  expect(node.settings.get().network).toMatchObject({ ...joined, relay: true })
  node.settings.update(settings => ({ ...settings, network: { ...settings.network, mdns: false } }))
  await page.getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => node.settings.get().network).toMatchObject({ ...joined, relay: false, mdns: false })
})

test('the keyboard stays on what was pressed, and goes on to what takes a pause back', async ({ page }) => {
  await open(page, 'network')
  const vpn = page.getByRole('switch', { name: 'VPN of the network' })
  await vpn.focus()
  await page.keyboard.press('Space')
  await expect.poll(() => scripted.node.settings.get().vpn.enabled).toBe(true)
  await expect(vpn).toBeFocused()
  const again = page.getByRole('button', { name: 'Check again' })
  await again.focus()
  await page.keyboard.press('Enter')
  await expect(again).toBeFocused()

  const bar = page.getByRole('navigation')
  await bar.getByRole('button', { name: 'Pause' }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('menuitem', { name: 'For 2 hours' }).waitFor()
  await page.keyboard.press('Enter')
  scripted.node.status.update(status => ({ ...status, activity: { kind: 'paused' } }))
  await expect(bar.getByRole('button', { name: 'Resume' })).toBeFocused()
  await page.keyboard.press('Enter')
  scripted.node.status.update(status => ({ ...status, activity: { kind: 'ready' } }))
  await expect(bar.getByRole('button', { name: 'Pause' })).toBeFocused()
})

test('the row that the keyboard is on stays the same one as others come above it', async ({ page }) => {
  await open(page, 'jobs')
  const grid = page.getByRole('grid', { name: 'Requests' })
  await grid.focus()
  await page.keyboard.press('ArrowDown')
  await page.keyboard.press('ArrowDown')
  const active = grid.locator('tr[data-active]')
  const before = await active.textContent()
  scripted.node.jobs.update(({ jobs: [first, ...others] }) => {
    if (first === undefined) throw new Error('expected requests')
    const newcomers = ['one', 'two', 'three'].map(id => ({ ...first, id: `request-${id}`, service: 'chat' }))
    return { jobs: [...newcomers, first, ...others] }
  })
  await expect(grid.locator('tbody tr').first()).toContainText('chat')
  // The time that has passed since then may have moved on.
  expect((await active.textContent())?.slice(0, 30)).toBe(before?.slice(0, 30))
})

test('leaving the page cancels a file that is being gathered', async ({ page }) => {
  await open(page, 'contribution')
  let downloads = 0
  page.on('download', () => downloads++)
  let cancelled = false
  scripted.node.exportJobs = async function* () {
    try {
      for (let written = 1; ; written++) {
        yield { text: 'id\n', written, total: 1_000 }
        await setTimeout(20)
      }
    } finally {
      cancelled = true
    }
  }
  await page.getByRole('button', { name: /CSV/ }).click()
  await expect(page.getByRole('progressbar')).toBeVisible()
  await page.getByRole('link', { name: 'Logs' }).click()
  await expect.poll(() => cancelled).toBe(true)
  expect(downloads).toBe(0)
})

test('the keyboard goes on from saving to what takes it back, and stays at the end of the settings after that', async ({
  page,
}) => {
  await open(page, 'settings')
  await page.getByRole('switch', { name: 'Relay for others' }).focus()
  await page.keyboard.press('Space')
  await page.getByRole('button', { name: 'Save', exact: true }).focus()
  await page.keyboard.press('Enter')
  const undo = page.getByRole('button', { name: 'Undo' })
  await expect(undo).toBeFocused()
  await page.keyboard.press('Enter')
  await expect(undo).toBeHidden()
  // An empty place at the end of the page.
  await expect(page.getByRole('main').locator('section:focus')).toHaveText('')
})
