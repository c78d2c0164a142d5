import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('an owner tries limits out, is told what is expected, and what is saved counts in the node', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback, '--donate'] })
  const allowance = async () => JSON.parse((await node.command(['status', '--json'])).stdout).allowance
  try {
    await page.goto(await node.dashboardUrl())
    await page.getByRole('link', { name: 'Settings' }).click()
    const preview = page.getByTestId('preview')
    await expect(preview).toContainText(/Yes, on \d+ threads?/)

    const threads = page.getByRole('textbox', { name: 'Processor threads at most' })
    await threads.fill('none')
    const save = page.getByRole('button', { name: 'Save', exact: true })
    await expect(page.getByRole('alert')).toHaveText('Expected a number')
    await expect(preview).toContainText('Correct the marked values')
    await expect(save).toBeDisabled()
    await threads.fill('0')
    await expect(page.getByRole('alert')).toHaveText('Expected 1 or more')
    await threads.fill('1')
    // The node has judged limits that are not saved, and goes by the saved ones.
    await expect(preview).toContainText('Yes, on 1 thread')
    expect((await allowance()).cpuThreads).toBeGreaterThan(1)

    // Another language in the middle of it loses nothing that was typed.
    await page.getByRole('radio', { name: 'Deutsch' }).click()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('Einstellungen')
    await expect(page.getByRole('textbox', { name: 'Höchstens Prozessor-Threads' })).toHaveValue('1')
    await expect(preview).toContainText('Ja, auf 1 Thread')
    await expect(page.locator('html')).toHaveAttribute('lang', 'de-DE')
    await page.getByRole('radio', { name: 'English' }).click()

    await save.click()
    await expect(page.getByText('Saved', { exact: true })).toBeVisible()
    await expect.poll(async () => (await allowance()).cpuThreads).toBe(1)
    await page.getByRole('button', { name: 'Undo' }).click()
    await expect.poll(async () => (await allowance()).cpuThreads).toBeGreaterThan(1)
    await expect(threads).toHaveValue('')

    // What the command changes shows on the page at once.
    expect((await node.command(['schedule', 'mon-sun', '22:30-07:00'])).code).toBe(0)
    await expect(page.getByRole('grid', { name: 'Hours of the week' })).toBeVisible()
    await expect(page.getByText('59.5 of 168 hours')).toBeVisible()
    expect((await node.command(['bandwidth', '--down', '500'])).stdout).toBe('Down: at most 500 KiB/s\nUp: no limit\n')
    await expect(page.getByRole('textbox', { name: 'Download at most' })).toHaveValue('500')
    await expect(page.getByRole('textbox', { name: 'Upload at most' })).toHaveValue('')
    await expect.poll(allowance).toMatchObject({ downBytesPerSecond: 512_000 })
  } finally {
    await node.kill()
    await folder.remove()
  }
})

test('the hours of a week are painted by keyboard and by mouse', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback, '--donate'] })
  try {
    await page.goto(await node.dashboardUrl())
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('switch', { name: 'Only at certain hours' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Clear', exact: true }).click()
    await expect(page.getByRole('alert')).toHaveText('Expected at least one')

    const cell = (name: string) => page.getByRole('gridcell', { name })
    await cell('Monday, 00:00 to 01:00').focus()
    for (const key of ['ArrowDown', 'End', 'Space', 'Shift+ArrowLeft', 'Shift+ArrowDown'])
      await page.keyboard.press(key)
    await expect(cell('Wednesday, 22:00 to 23:00, work')).toBeFocused()
    await expect(page.getByText('4 of 168 hours')).toBeVisible()
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations).toEqual([])

    await cell('Saturday, 08:00').evaluate(element => element.scrollIntoView({ block: 'center' }))
    const from = await cell('Saturday, 08:00').boundingBox()
    const to = await cell('Sunday, 10:00').boundingBox()
    if (from === null || to === null) throw new Error('expected both cells to be on the page')
    await page.mouse.move(from.x + 8, from.y + 8)
    await page.mouse.down()
    await page.mouse.move(to.x + 8, to.y + 8, { steps: 5 })
    await page.mouse.up()
    await page.getByRole('button', { name: 'Save', exact: true }).click()
    await expect(page.getByText('Saved', { exact: true })).toBeVisible()
    const { stdout } = await node.command(['schedule', '--json'])
    expect(JSON.parse(stdout).spans).toEqual([
      { days: ['tue', 'wed'], from: '22:00', to: '00:00' },
      { days: ['sat', 'sun'], from: '08:00', to: '11:00' },
    ])
  } finally {
    await node.kill()
    await folder.remove()
  }
})

test('an owner names an engine and a server of their own, and is told where that may be', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback] })
  const saved = async () => JSON.parse(await readFile(join(node.dataFolder, 'settings.json'), 'utf8'))
  try {
    await page.goto(await node.dashboardUrl())
    await page.getByRole('button', { name: 'Not now' }).click()
    await page.getByRole('link', { name: 'Settings' }).click()
    await page.getByRole('button', { name: 'Add an engine' }).click()
    await page.getByRole('textbox', { name: 'Name of engine 1' }).fill('mine')
    const address = page.getByRole('textbox', { name: 'Address of engine 1' })
    await address.fill('http://192.0.2.7:1234')
    await expect(page.getByRole('alert')).toHaveText(/^Expected an address on this computer/)
    await address.fill('http://127.0.0.1:4891')
    await page.getByRole('textbox', { name: 'Longest answer' }).fill('512')

    const name = page.getByRole('textbox', { name: 'Add a server' })
    await name.fill('My Server')
    await expect(page.getByRole('alert')).toHaveText(/^Expected lower-case words/)
    await name.fill('my-server')
    await page.keyboard.press('Enter')
    const server = page.getByRole('region', { name: 'my-server' })
    await server.getByRole('textbox', { name: 'Requests are posted to' }).fill('http://gpu-box.lan:8103/do')
    await expect(server.getByRole('alert')).toHaveText(/^Expected http/)
    const save = page.getByRole('button', { name: 'Save', exact: true })
    await expect(save).toBeDisabled()
    await server.getByText('Limits, health and what it needs').click()
    await server.getByRole('textbox', { name: 'Other hosts it may be on' }).fill('gpu-box.lan')
    await server.getByRole('textbox', { name: 'Largest request' }).fill('2.5')
    await expect(page.getByRole('alert')).toHaveCount(0)
    expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    await save.click()
    await expect(page.getByText('Saved', { exact: true })).toBeVisible()
    const { engines, services } = await saved()
    expect(engines).toEqual({ places: [{ name: 'mine', url: 'http://127.0.0.1:4891' }], maxTokens: 512 })
    expect(services['my-server']).toMatchObject({
      enabled: true,
      upstream: { url: 'http://gpu-box.lan:8103/do', hosts: ['gpu-box.lan'], maxBytes: 2_621_440 },
    })

    await server.getByRole('button', { name: /^Remove/ }).click()
    await save.click()
    await expect.poll(async () => 'my-server' in (await saved()).services).toBe(false)
  } finally {
    await node.kill()
    await folder.remove()
  }
})
