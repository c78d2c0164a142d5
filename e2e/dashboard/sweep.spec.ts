import { expect, type Page, test } from '@playwright/test'
import { pages } from '../../src/shared/pages.ts'
import { pagesFolder } from '../support/pages-folder.ts'
import { playBusy, type ScriptedNode, startScriptedNode } from '../support/scripted-node.ts'

/** What holds for every page. */

let scripted: ScriptedNode

test.beforeEach(async ({ page }) => {
  scripted = await startScriptedNode({ pagesFolder, peers: 12 })
  playBusy(scripted)
  await page.emulateMedia({ reducedMotion: 'reduce' })
  await page.goto(scripted.server.accessUrl)
})
test.afterEach(() => scripted.stop())

async function show(page: Page, path: string): Promise<void> {
  await page.goto(`${scripted.server.url}#/${path}`)
  await expect(page.locator(`a[href="#/${path}"][aria-current]`)).toBeAttached()
  await page.getByRole('heading', { level: 1 }).waitFor()
}

/** How far the page, or the part of it that scrolls, reaches beyond its width. */
function overhang(page: Page): Promise<number> {
  return page.evaluate(() =>
    Math.max(
      ...[document.documentElement, ...document.querySelectorAll('main')].map(
        each => each.scrollWidth - each.clientWidth,
      ),
    ),
  )
}

test('no page scrolls sideways in a window of 320 pixels', async ({ page }) => {
  await page.setViewportSize({ width: 320, height: 640 })
  for (const path of pages) {
    await show(page, path)
    await expect.poll(() => overhang(page), path).toBe(0)
  }
})

test('every page fills a 4K screen with larger type', async ({ page }) => {
  await page.setViewportSize({ width: 3_840, height: 2_160 })
  for (const path of pages) {
    await show(page, path)
    await expect.poll(() => overhang(page), path).toBe(0)
    const { type, share } = await page.evaluate(() => ({
      type: Number.parseFloat(getComputedStyle(document.body).fontSize),
      share: (document.querySelector('main > *:last-child')?.clientWidth ?? 0) / innerWidth,
    }))
    expect.soft(type, path).toBeGreaterThanOrEqual(20)
    expect.soft(share, path).toBeGreaterThan(0.4)
  }
})

test('every page is reached, and every control on it named, by keyboard alone', async ({ page }) => {
  test.slow()
  for (const path of pages) {
    const link = page.locator(`nav li a[href="#/${path}"]`)
    await tabTo(page, () => link.evaluate(each => each === document.activeElement))
    await page.keyboard.press('Enter')
    await expect(link).toHaveAttribute('aria-current', 'page')
    await page.getByRole('heading', { level: 1 }).waitFor()
    for (const { tag, name, seen } of await walk(page)) {
      expect.soft(name, `${path}: a ${tag} has no name`).not.toBe('')
      expect.soft(seen, `${path}: “${name}” does not show that it has the focus`).toBe(true)
    }
  }
})

async function tabTo(page: Page, there: () => Promise<boolean>): Promise<void> {
  for (let stops = 0; stops < 150; stops++) {
    if (await there()) return
    await page.keyboard.press('Tab')
  }
  throw new Error('expected to reach it within 150 stops')
}

/** The next stops of the keyboard. */
async function walk(page: Page): Promise<{ tag: string; name: string; seen: boolean }[]> {
  const stops: { tag: string; name: string; seen: boolean }[] = []
  for (let stop = 0; stop < 25; stop++) {
    await page.keyboard.press('Tab')
    stops.push(
      await page.evaluate(() => {
        const element = document.activeElement
        if (!(element instanceof HTMLElement) || element === document.body)
          return { tag: 'body', name: 'page', seen: true }
        const by = element.getAttribute('aria-labelledby')?.split(' ') ?? []
        const labels = 'labels' in element ? [...((element.labels as NodeListOf<HTMLElement> | null) ?? [])] : []
        const words = [
          element.getAttribute('aria-label'),
          ...by.map(id => document.getElementById(id)?.textContent),
          ...labels.map(label => label.textContent),
          element.textContent,
        ]
        return {
          tag: element.tagName,
          name: words.find(each => each?.trim())?.trim() ?? '',
          seen: element.matches(':focus-visible'),
        }
      }),
    )
  }
  return stops
}

test('what strangers wrote is only ever text, on every page', async ({ page }) => {
  const markup = '<img src=x onerror="window.broken=1"><script>window.broken=1</script>'
  const hostile = `${markup}\u202Egnp.exe ${'W'.repeat(10_000)}`
  const { node } = scripted
  node.topology.update(topology => ({
    ...topology,
    nodes: topology.nodes.map(each => ({
      ...each,
      capabilities: {
        workerType: 'desktop' as const,
        cpuThreads: 4_096,
        memoryMiB: 67_108_864,
        gpus: [{ vendor: 'other' as const, model: markup.slice(0, 64), vramMiB: 0 }],
      },
      services: Array.from({ length: 16 }, (_, index) => `${'w'.repeat(28)}-${index}`),
      location: 'w'.repeat(32),
    })),
  }))
  node.jobs.update(({ jobs }) => ({ jobs: jobs.map(job => ({ ...job, error: hostile })) }))
  node.status.update(status => ({
    ...status,
    cpuModel: hostile,
    self: { ...status.self, network: { ...status.self.network, name: hostile } },
    load: { ...status.load, cards: [{ name: hostile, totalMiB: 1 }] },
    services: status.services.map(service => ({
      ...service,
      models: [hostile],
      unavailable: { kind: 'engine-failed', message: hostile },
    })),
  }))
  node.logs.write(JSON.stringify({ level: 50, time: Date.now(), component: hostile, msg: hostile, why: hostile }))
  await page.setViewportSize({ width: 390, height: 844 })
  for (const path of pages) {
    await show(page, path)
    await page
      .locator('[data-row]')
      .first()
      .click({ timeout: 1_000 })
      .catch(() => undefined)
    await expect.poll(() => overhang(page), path).toBe(0)
    expect(await page.locator('img, main script').count(), path).toBe(0)
    expect(await page.evaluate(() => 'broken' in window), path).toBe(false)
  }
})
