import { closeSync, openSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { dashboardLine } from './dashboard-line.ts'

const accessUrl = 'http://127.0.0.1:8470/?token=secret'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let journal: string
let output: PassThrough & { fd: number }

beforeEach(async () => {
  folder = await temporaryFolder()
  const path = join(folder.path, 'journal')
  output = Object.assign(new PassThrough(), { fd: openSync(path, 'w') })
  const { dev, ino } = statSync(path)
  journal = `${dev}:${ino}`
})
afterEach(async () => {
  closeSync(output.fd)
  await folder.remove()
})

it('brings the token to whoever started the node', () => {
  for (const env of [{}, { JOURNAL_STREAM: '1:2' }])
    expect(dashboardLine({ accessUrl, output, env })).toBe(`Dashboard: ${accessUrl}`)
})

it('leaves no token in the journal, which others read', () => {
  const line = dashboardLine({ accessUrl, output, env: { JOURNAL_STREAM: journal } })
  expect(line).toContain('Dashboard: http://127.0.0.1:8470/ ')
  expect(line).not.toContain('secret')
})
