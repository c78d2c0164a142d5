import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { expect, it, vi } from 'vitest'
import { engineEnvironment } from './fork-launcher.ts'

it('an engine gets what a program needs of the environment and nothing else', () => {
  const environment = engineEnvironment({
    PATH: '/bin',
    HOME: '/home/donor',
    NODE_OPTIONS: '--inspect',
    RMA_TOKEN: 'x',
  })
  expect(environment).toEqual({ PATH: '/bin', OMP_THREAD_LIMIT: '1', VIPS_CONCURRENCY: '1', MALLOC_ARENA_MAX: '2' })
})

it('an engine that is too busy to notice still ends when its node is killed', async () => {
  const node = spawn(process.execPath, [fileURLToPath(new URL('testing/doomed-node.ts', import.meta.url))], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [line] = (await once(node.stdout, 'data')) as [Buffer]
  const pid = Number(line.toString())
  expect(process.kill(pid, 0)).toBe(true)
  node.kill('SIGKILL')
  await vi.waitFor(() => expect(() => process.kill(pid, 0)).toThrow())
})

it.skipIf(process.platform === 'win32')(
  'an engine ends before it starts where its node may open no more files',
  async () => {
    const program = fileURLToPath(new URL('testing/crowded-node.ts', import.meta.url))
    const node = spawn('sh', ['-c', 'ulimit -n 64; exec "$0" "$1"', process.execPath, program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    expect(JSON.parse(await text(node.stdout))).toEqual({ code: null, signal: null })
  },
)
