import { expect, type Locator, type Page, test } from '@playwright/test'
import { pagesFolder } from '../support/pages-folder.ts'
import { type ScriptedNode, startScriptedNode } from '../support/scripted-node.ts'
import { watchColour } from '../support/watch-colour.ts'

let scripted: ScriptedNode

async function open(page: Page, peers: number): Promise<Locator> {
  scripted = await startScriptedNode({ pagesFolder, peers })
  await page.goto(scripted.server.accessUrl)
  await page.goto(`${scripted.server.url}#/topology`)
  const picture = page.getByRole('img', { name: /^Network graph/ })
  await picture.waitFor()
  return picture
}

test.afterEach(async () => {
  await scripted.stop()
})

test('shows an answer move along its edge, from the worker to who asked', async ({ page }) => {
  const picture = await open(page, 1)
  const [self, peer] = scripted.node.topology.get().nodes
  if (self === undefined || peer === undefined) throw new Error('expected two nodes')
  const job = {
    id: 'request-1',
    role: 'served' as const,
    service: 'ocr' as const,
    requester: peer.peerId,
    worker: self.peerId,
    createdAt: Date.now(),
    bytesIn: 1,
    bytesOut: 0,
  }
  scripted.node.jobs.set({ jobs: [{ ...job, state: 'running' }] })
  const frames = watchColour(picture, { token: 'bad' })
  await expect(picture).toHaveAttribute('data-watched', 'yes')
  scripted.node.jobs.set({ jobs: [{ ...job, state: 'failed', error: 'WORKER_LOST' }] })
  const spots = await frames
  expect(spots.length).toBeGreaterThan(3)
  const size = await picture.evaluate(({ clientWidth, clientHeight }) => ({ x: clientWidth / 2, y: clientHeight / 2 }))
  const distances = spots.map(spot => Math.hypot(spot.x - size.x, spot.y - size.y))
  // This machine stands in the middle: the answer leaves it and only ever moves away, on one line.
  expect(distances.at(-1)).toBeGreaterThan(40)
  expect(distances).toEqual(distances.toSorted((a, b) => a - b))
  const end = spots.at(-1) ?? size
  const length = Math.hypot(end.x - size.x, end.y - size.y)
  for (const spot of spots) {
    const aside = (spot.x - size.x) * (end.y - size.y) - (spot.y - size.y) * (end.x - size.x)
    expect(Math.abs(aside) / length).toBeLessThan(4)
  }
})

test('opens the details of a node that is clicked, and of the next one by keyboard', async ({ page }) => {
  const picture = await open(page, 3)
  const details = page.getByRole('complementary', { name: 'Details' })
  const box = await picture.boundingBox()
  if (box === null) throw new Error('expected a picture that is shown')
  await expect(async () => {
    await picture.click({ position: { x: box.width / 2, y: box.height / 2 } })
    await expect(details.getByRole('heading', { name: 'This machine' })).toBeVisible({ timeout: 1_000 })
  }).toPass()
  await page.keyboard.press('Escape')
  await expect(details).toBeHidden()
  // The other buttons of a mouse are the browser's.
  await picture.click({ position: { x: box.width / 2, y: box.height / 2 }, button: 'right' })
  await picture.click({ position: { x: box.width / 2, y: box.height / 2 }, button: 'middle' })
  await expect(details).toBeHidden()

  await page.keyboard.press('Enter')
  await expect(details.getByRole('heading', { name: 'This machine' })).toBeVisible()
  for (const key of ['Shift+ArrowLeft', 'Shift+ArrowRight', 'Shift+ArrowUp', 'Shift+ArrowDown']) {
    await page.keyboard.press('Escape')
    await page.keyboard.press('Enter')
    await page.keyboard.press(key)
    if ((await details.getByRole('heading', { name: 'This machine' }).count()) === 0) break
  }
  await expect(details.getByRole('heading', { level: 2 })).toHaveText(/^…/)
})

test('groups a larger network, and opens a group by click and by keyboard', async ({ page }) => {
  const picture = await open(page, 40)
  await expect(picture).toHaveAccessibleName(/^Network graph of 41 nodes/)
  await page.getByText(/^\d+ groups$/).click()
  const groups = page.getByRole('region', { name: 'Group nodes' })
  const first = groups.getByRole('listitem').getByRole('button').first()
  await first.focus()
  await page.keyboard.press('Space')
  await expect(first).toHaveAttribute('aria-pressed', 'true')
  await first.press('Space')
  await expect(first).toHaveAttribute('aria-pressed', 'false')

  const box = await picture.boundingBox()
  if (box === null) throw new Error('expected a picture that is shown')
  const hint = page.getByText(/· \d+ nodes · \d+ donating/).and(page.locator('p'))
  await expect(async () => {
    // Bubbles stand around this machine: somewhere on rings around the middle is one.
    for (let step = 0; step < 96 && !(await hint.isVisible()); step++) {
      const angle = (step / 24) * 2 * Math.PI
      const radius = 110 + 40 * Math.floor(step / 24)
      await page.mouse.move(
        box.x + box.width / 2 + radius * Math.cos(angle),
        box.y + box.height / 2 + radius * Math.sin(angle),
      )
    }
    await expect(hint).toBeVisible({ timeout: 100 })
  }).toPass()
  await page.mouse.down()
  await page.mouse.up()
  await expect(groups.locator('[aria-pressed="true"]')).toHaveCount(1)

  await page.getByRole('radio', { name: 'Off' }).click()
  await expect(page.getByText(/^\d+ groups$/)).toBeHidden()
})

test('picks nodes out by what they are, and tells how many are left', async ({ page }) => {
  await open(page, 40)
  const nodes = scripted.node.topology.get().nodes
  await page.getByRole('button', { name: 'Filter' }).click()
  const dialog = page.getByRole('dialog', { name: 'Which nodes' })
  await dialog.getByRole('button', { name: 'Coordinator' }).click()
  await dialog.getByRole('button', { name: 'Worker' }).click()
  await dialog.getByRole('button', { name: 'Paused' }).click()
  const paused = nodes.filter(({ role, state }) => role !== 'peer' && state === 'paused')
  expect(paused.length).toBeGreaterThan(0)
  await expect(dialog).toContainText(`${paused.length} of 41 nodes`)
  await page.keyboard.press('Escape')
  await expect(page.getByRole('button', { name: 'Filter' })).toContainText('2')
  await page.getByRole('radio', { name: 'Table' }).click()
  await expect(page.locator('tbody tr')).toHaveCount(paused.length)
  await page.getByRole('button', { name: 'Filter' }).click()
  await dialog.getByRole('button', { name: 'Clear' }).click()
  await expect(dialog).toContainText('41 of 41 nodes')
})

test('keeps a node where it was dragged to, over a reload, until it is unpinned by keyboard', async ({ page }) => {
  const picture = await open(page, 1)
  const box = await picture.boundingBox()
  if (box === null) throw new Error('expected a picture that is shown')
  const hint = page.locator('p').filter({ hasText: /^…\w+ · .*\d ms$/ })
  /** Looks for the one other node around this machine in the middle: where the pointer is on it. */
  const findNode = async () => {
    const found = { x: 0, y: 0 }
    await expect(async () => {
      for (const reach of [168, 150, 185, 130, 110, 90, 210]) {
        for (let step = 0; step < 36; step++) {
          const angle = (step / 36) * 2 * Math.PI
          found.x = box.x + box.width / 2 + reach * Math.cos(angle)
          found.y = box.y + box.height / 2 + reach * Math.sin(angle)
          await page.mouse.move(found.x, found.y)
          if (await hint.isVisible()) return
        }
      }
      throw new Error('expected the node to be somewhere around this machine')
    }).toPass()
    return found
  }
  const from = await findNode()
  // Its state, the way to it and how long a round trip takes.
  const path = scripted.node.topology.get().edges[0]?.path ?? 'local'
  await expect(hint).toContainText(path === 'vpn' ? 'VPN' : path)
  const to = { x: box.x + box.width - 200, y: box.y + 150 }
  await page.mouse.down()
  await page.mouse.move(to.x, to.y, { steps: 8 })
  await page.mouse.up()
  await page.mouse.move(from.x, from.y)
  await expect(hint).toBeHidden()
  await page.mouse.move(to.x, to.y)
  await expect(hint).toBeVisible()

  await page.reload()
  await picture.waitFor()
  const details = page.getByRole('complementary', { name: 'Details' })
  const pin = details.getByRole('button', { name: 'Keep in place and in sight' })
  // Keys count once the nodes have their places.
  await expect(async () => {
    await picture.focus()
    await page.keyboard.press('Enter')
    await page.keyboard.press('Shift+ArrowRight')
    await expect(pin).toHaveAttribute('aria-pressed', 'true', { timeout: 1_000 })
  }).toPass()
  await page.getByRole('radio', { name: 'Table' }).click()
  await expect(page.locator('tbody tr').nth(1).getByLabel('Pinned')).toBeVisible()
  await pin.focus()
  await page.keyboard.press('Space')
  await expect(pin).toHaveAttribute('aria-pressed', 'false')
  await expect(page.getByLabel('Pinned')).toHaveCount(0)
})

/** How many colours the picture has where an element lies over it. */
async function coloursUnder(picture: Locator, over: Locator): Promise<number> {
  const canvas = await picture.locator('canvas').elementHandle()
  return await over.evaluate((element, drawn) => {
    const copy = document.createElement('canvas').getContext('2d')
    if (!(drawn instanceof HTMLCanvasElement) || copy === null) throw new Error('expected a canvas, and one to copy to')
    const [all, part] = [drawn.getBoundingClientRect(), element.getBoundingClientRect()]
    Object.assign(copy.canvas, { width: part.width, height: part.height })
    copy.drawImage(drawn, all.left - part.left, all.top - part.top, all.width, all.height)
    return new Set(new Uint32Array(copy.getImageData(0, 0, part.width, part.height).data.buffer)).size
  }, canvas)
}

test('shows the ring of the key space, and none of it under the legend', async ({ page }) => {
  await open(page, 40)
  await page.getByRole('radio', { name: 'Ring' }).click()
  const ring = page.getByRole('img', { name: /41 nodes by their place in the key space/ })
  await expect(ring).toBeVisible()
  const legend = page.locator('details', { hasText: 'Legend' })
  // Once it is drawn: beside the legend there is more than the ground.
  await expect.poll(() => coloursUnder(ring, ring)).toBeGreaterThan(1)
  expect(await coloursUnder(ring, legend)).toBe(1)
})

test('opens in a window of its own, without navigation', async ({ page }) => {
  await open(page, 3)
  const opened = page.waitForEvent('popup')
  await page.getByRole('button', { name: 'Open in its own window' }).click()
  const popup = await opened
  await popup.getByRole('img', { name: /^Network graph/ }).waitFor()
  expect(new URL(popup.url()).hash).toBe('#/topology?window=1')
  await expect(popup.getByRole('navigation')).toHaveCount(0)
  await expect(popup.getByRole('button', { name: 'Open in its own window' })).toHaveCount(0)
})

test('changes the theme, and says so when that fails', async ({ page }) => {
  await open(page, 3)
  await page.getByRole('button', { name: 'Appearance and about' }).click()
  await page.getByRole('radio', { name: 'Dark' }).click()
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
  expect(scripted.node.settings.get().appearance.theme).toBe('dark')
  scripted.node.failure = new Error('the disk is full')
  await page.getByRole('radio', { name: 'Light' }).click()
  await expect(page.getByRole('alert')).toContainText('This was not changed')
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark')
})

test('says so when the browser lets nothing be copied', async ({ page }) => {
  await page.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException('not allowed', 'NotAllowedError'))
  })
  await open(page, 3)
  await page.getByRole('img', { name: /^Network graph/ }).focus()
  await page.keyboard.press('Enter')
  await page.getByRole('button', { name: 'Copy peer id' }).click()
  await expect(page.getByRole('alert')).toContainText('Could not copy')
})
