import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { NodeProcess, onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

test('a new owner is led by keyboard from machine to donation, once', async ({ page }) => {
  const folder = await temporaryFolder()
  const node = await NodeProcess.start({ folder: folder.path, name: 'node', args: [...onLoopback] })
  const status = async () => JSON.parse((await node.command(['status', '--json'])).stdout)
  try {
    await page.goto(await node.dashboardUrl())
    const heading = page.getByRole('heading', { level: 1 })
    await expect(heading).toHaveText('Welcome')
    await expect(page.getByRole('img', { name: /^Network graph of 1 node/ })).toBeVisible()
    expect((await status()).donating).toBe(false)
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
      expect((await new AxeBuilder({ page }).analyze()).violations).toEqual([])
    }

    // An invite that is none changes nothing and says so.
    await page.getByText('I have an invite to a network').click()
    await page.getByLabel('Join a network by invite').fill('rma1nonsense')
    await page.keyboard.press('Enter')
    await expect(page.getByRole('alert')).toContainText('Nothing was changed')

    await page.getByRole('button', { name: 'Continue' }).focus()
    await page.keyboard.press('Enter')
    await expect(heading).toBeFocused()
    await expect(heading).toHaveText('What may it do?')
    await page.getByRole('switch', { name: 'Offer “Find names and dates”' }).focus()
    await page.keyboard.press('Space')
    await page.getByRole('button', { name: 'Continue' }).press('Enter')

    await expect(heading).toHaveText('When, and how much?')
    await page.getByRole('textbox', { name: 'Processor threads at most' }).fill('1')
    await expect(page.getByTestId('preview')).toContainText('Yes, on 1 thread')
    await page.getByRole('button', { name: 'Continue' }).press('Enter')

    await expect(page.getByText('Prompts and documents of other people pass through your machine.')).toBeVisible()
    // Only the desktop app can start with the computer.
    await expect(page.getByRole('checkbox')).toHaveCount(0)
    await page.getByRole('button', { name: 'Donate Compute' }).press('Enter')
    await expect(page.getByRole('switch', { name: 'Donate Compute' })).toBeChecked()
    const { donating, allowance, services } = await status()
    expect([donating, allowance.cpuThreads]).toEqual([true, 1])
    expect(services.find((service: { type: string }) => service.type === 'ner-extraction').enabled).toBe(false)

    await page.reload()
    await expect(page.getByRole('switch', { name: 'Donate Compute' })).toBeChecked()
  } finally {
    await node.kill()
    await folder.remove()
  }
})
