import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { onLoopback } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'

const start = fileURLToPath(new URL('../../scripts/start.ts', import.meta.url))

it.runIf(process.platform === 'linux')(
  'npm start says in one line why there is no window, and prints the dashboard’s address',
  async () => {
    const folder = await temporaryFolder()
    const { DISPLAY: _, WAYLAND_DISPLAY: __, ...env } = process.env
    const child = spawn(process.execPath, [start, ...onLoopback], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...env, RMA_DONOR_HOME: folder.path },
    })
    const exit = once(child, 'exit')
    try {
      let said = ''
      child.stderr.setEncoding('utf8').on('data', text => {
        said += text
      })
      const [address] = await once(child.stdout.setEncoding('utf8'), 'data')
      expect(address).toMatch(/^Dashboard: http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{43}\n$/)
      // A build, where one is needed, comes before it.
      expect(said.split('\n')).toContain(
        'Starting without a window: there is no display (DISPLAY and WAYLAND_DISPLAY are not set).',
      )
      child.kill('SIGTERM')
      expect(await exit).toEqual([0, null])
    } finally {
      child.kill('SIGKILL')
      await exit
      await folder.remove()
    }
  },
)
