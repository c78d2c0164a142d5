import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@playwright/test'
import { WebSocket } from 'ws'
import { pagesFolder } from '../support/pages-folder.ts'
import { startScriptedNode } from '../support/scripted-node.ts'

test('what a browser shows to another port of the machine opens nothing, and the dashboard stays open', async ({
  page,
}) => {
  const scripted = await startScriptedNode({ pagesFolder, peers: 1 })
  const shown: string[] = []
  const other = createServer((request, response) => {
    shown.push(request.headers.cookie ?? '')
    response.end('<!doctype html><title>somebody else</title>')
  }).listen(0, '127.0.0.1')
  await once(other, 'listening')
  try {
    const { url, rpcUrl, accessUrl } = scripted.server
    const donate = page.getByRole('switch', { name: 'Donate Compute' })
    await page.goto(accessUrl)
    await expect(donate).toBeVisible()
    expect(page.url()).toBe(url)

    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
    const [cookie = ''] = shown
    expect(cookie).toContain('rma-session-')
    const attempt = new WebSocket(rpcUrl, { headers: { cookie, origin: url.slice(0, -1) } })
    const [, answer] = await once(attempt, 'unexpected-response')
    expect(answer.statusCode).toBe(401)

    await page.goto(url)
    await expect(donate).toBeVisible()
    await page.evaluate(() => localStorage.clear())
    await page.reload()
    await expect(page.getByRole('heading', { level: 1 })).toHaveText('This dashboard needs its access link')
  } finally {
    other.close()
    await scripted.stop()
  }
})
