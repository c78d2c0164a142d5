import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import AxeBuilder from '@axe-core/playwright'
import { expect, test } from '@playwright/test'
import { CloudflaredInstall } from '../../src/main/tunnels/cloudflared/install.ts'
import { MiB } from '../../src/shared/units.ts'
import { pagesFolder } from '../support/pages-folder.ts'
import { startScriptedNode } from '../support/scripted-node.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const program = Buffer.concat([
  Buffer.from('#!/bin/sh\necho "cloudflared version 2026.8.0 (built 2026-08-03)"\nexit\n'),
  Buffer.alloc(4 * MiB, '#'),
])

test('an owner without cloudflared downloads it from the page, calls it off, and is told of a wrong file', async ({
  page,
}) => {
  const folder = await temporaryFolder()
  let answer: (response: ServerResponse) => void = response => response.write(program.subarray(0, MiB))
  const files = createServer((_, response) => answer(response)).listen(0, '127.0.0.1')
  await once(files, 'listening')
  const sha256 = createHash('sha256').update(program).digest('hex')
  const scripted = await startScriptedNode({ pagesFolder, peers: 3 })
  const { node } = scripted
  const file = { name: 'cloudflared-linux-amd64', sha256, size: program.length }
  node.cloudflared = new CloudflaredInstall(
    {
      dataFolder: folder.path,
      releases: { version: '2026.8.0', files: { 'linux-x64': file } },
      platform: 'linux',
      arch: 'x64',
      baseUrl: `http://127.0.0.1:${(files.address() as AddressInfo).port}`,
      env: {},
      usual: [],
    },
    () => node.tunnel.set({ kind: 'starting' }),
  )
  node.settings.update(settings => ({ ...settings, tunnel: { kind: 'quick' } }))
  node.tunnel.set({ kind: 'unavailable', why: 'cloudflared is not installed' })
  const kept = () => readdir(join(folder.path, 'bin'))
  try {
    await page.goto(scripted.server.accessUrl)
    await page.goto(`${scripted.server.url}#/network`)
    await expect(page.getByText('Not possible: cloudflared is not installed')).toBeVisible()
    const download = page.getByRole('button', { name: /^Download cloudflared 2026\.8\.0 \(4/ })

    await download.click()
    await expect(page.getByRole('progressbar', { name: 'Download of cloudflared' })).toHaveAttribute(
      'aria-valuenow',
      /^1/,
    )
    const { violations } = await new AxeBuilder({ page }).analyze()
    expect(violations).toEqual([])
    await page.getByRole('button', { name: 'Cancel', exact: true }).click()
    await expect(download).toBeVisible()
    await expect.poll(kept).toEqual([])

    answer = response => response.end(Buffer.alloc(program.length, 'x'))
    await download.click()
    await expect(page.getByRole('alert')).toContainText('nothing was kept')
    expect(await kept()).toEqual([])

    answer = response => response.end(program)
    await download.click()
    await expect(page.getByText('Starting…')).toBeVisible()
    await expect(download).toBeHidden()
    expect(await kept()).toEqual(['cloudflared'])
  } finally {
    await scripted.stop()
    files.closeAllConnections()
    files.close()
    await folder.remove()
  }
})
