import { expect, test } from '@playwright/test'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a donor pauses from any page, sees it count down, and resumes', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback, '--donate'] })
  try {
    await page.goto(await node.dashboardUrl())
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('menuitem', { name: 'For 2 hours' }).click()
    const banner = page.getByTestId('owner-banner')
    await expect(banner).toContainText(/Paused until \d\d:\d\d, 1 h 59 min left/)
    expect((await node.command(['status'])).stdout).toMatch(/Activity +Paused until/)
    await page.reload()
    await expect(banner).toContainText(/Paused until \d\d:\d\d, 1 h 5\d min left/)
    await banner.getByRole('button', { name: 'Resume' }).click()
    await expect(banner).toBeHidden()
    await expect(page.getByRole('button', { name: 'Pause' })).toBeEnabled()
  } finally {
    await node.kill()
    await folder.remove()
  }
})

test('leave to work although a rule would hold it is said on every page', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback, '--donate'] })
  try {
    // Open for one minute a week, twelve hours from now.
    const later = new Date(Date.now() + 12 * 3_600_000)
    const time = (date: Date) =>
      `${String(date.getHours()).padStart(2, '0')}:${String(date.getMinutes()).padStart(2, '0')}`
    const hours = `${time(later)}-${time(new Date(later.getTime() + 60_000))}`
    expect((await node.command(['schedule', 'mon-sun', hours])).code).toBe(0)
    await page.goto(await node.dashboardUrl())
    await expect(page.getByTestId('activity')).toContainText('Waiting: outside the hours you set')
    expect((await node.command(['resume', '--anyway', '1h'])).code).toBe(0)
    const banner = page.getByTestId('owner-banner')
    await expect(banner).toContainText('Working although your rules would hold it: outside the hours you set.')
    await banner.getByRole('button', { name: 'Follow my rules' }).click()
    await expect(page.getByTestId('activity')).toContainText('Waiting: outside the hours you set')
  } finally {
    await node.kill()
    await folder.remove()
  }
})

test('a pause of graphics cards alone counts down, outlives the node, and ends by a click', async ({ page }) => {
  const folder = await temporaryFolder()
  const gpus = [{ vendor: 'nvidia', model: 'RTX 4060', vramMiB: 8_192 }]
  const args = [...onLoopback, '--donate', '--pretend', JSON.stringify({ gpus })]
  let node = await NodeProcess.start({ folder: folder.path, name: 'node', args })
  try {
    await page.goto(await node.dashboardUrl())
    await page.getByRole('link', { name: 'Logs' }).click()
    await page.getByRole('button', { name: 'Pause' }).click()
    await page.getByRole('menuitem', { name: 'Graphics cards alone' }).click()
    const lengths = page.getByRole('menu', { name: 'Graphics cards alone' })
    await lengths.getByRole('menuitem', { name: 'For 4 hours' }).click()
    const banner = page.getByTestId('owner-banner')
    await expect(banner).toContainText(/Graphics cards are paused until .*, 3 h 59 min left/)
    expect((await node.command(['status'])).stdout).toContain('Graphics cards are paused until')

    await node.kill()
    node = await NodeProcess.start({ folder: folder.path, name: 'node', args })
    await page.goto(await node.dashboardUrl())
    await expect(banner).toContainText(/Graphics cards are paused until .*, 3 h 59 min left/)
    await banner.getByRole('button', { name: 'Resume' }).click()
    await expect(banner).toBeHidden()
    const paused = await node.command(['pause', '--gpu', '1h'])
    expect(paused.stdout).toMatch(/\nGraphics cards are paused until \d\d:\d\d, .* left\n$/)
    await expect(banner).toContainText(/Graphics cards are paused until \d\d:\d\d, 59 min/)
    expect((await node.command(['pause'])).code).toBe(0)
    await expect(banner).toHaveText(/^Paused/)
  } finally {
    await node.kill()
    await folder.remove()
  }
})
