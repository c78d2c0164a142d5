import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'
import { text } from 'node:stream/consumers'
import { pathToFileURL } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import type { InterruptInit } from './interrupt.ts'

// Real processes and real signals.

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

/** A command that says when it runs and when it was asked to stop, and then does `onStop`. */
async function startCommand(onStop: 'ends' | 'hangs', init: InterruptInit) {
  const module = pathToFileURL(resolve(import.meta.dirname, 'interrupt.ts'))
  const source = `
    import { interruptSignal } from '${module}'
    const signal = interruptSignal(${JSON.stringify(init)})
    const running = setInterval(() => undefined, 1_000)
    signal.addEventListener('abort', () => {
      console.log('stopping')
      ${onStop === 'ends' ? 'clearInterval(running)' : ''}
    })
    console.log('running')`
  const child = spawn(process.execPath, ['--input-type=module-typescript', '--eval', source], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  })
  children.push(child)
  const { stdout, stderr } = child
  if (stdout === null || stderr === null) throw new Error('expected pipes')
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  const nextLine = async () => (await lines.next()).value
  const exit = once(child, 'exit')
  expect(await nextLine()).toBe('running')
  return { child, nextLine, exit, errors: text(stderr) }
}

describe('an interrupted command', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('is asked to stop by %s and ends by itself', async name => {
    const { child, nextLine, exit } = await startCommand('ends', {})
    child.kill(name)
    expect(await nextLine()).toBe('stopping')
    expect(await exit).toEqual([0, null])
  })

  it('is asked to stop when the process that started it has gone', async () => {
    const { child, nextLine, exit } = await startCommand('ends', {})
    child.disconnect()
    expect(await nextLine()).toBe('stopping')
    expect(await exit).toEqual([0, null])
  })

  it('is ended at once by a second interruption', async () => {
    const { child, nextLine, exit } = await startCommand('hangs', { echoMs: 0 })
    child.kill('SIGINT')
    expect(await nextLine()).toBe('stopping')
    child.kill('SIGINT')
    expect(await exit).toEqual([130, null])
  })

  it('takes signals that come together for one, as a terminal and npm both send theirs', async () => {
    const { child, nextLine, exit, errors } = await startCommand('hangs', { stopTimeoutMs: 500, echoMs: 60_000 })
    child.kill('SIGINT')
    expect(await nextLine()).toBe('stopping')
    child.kill('SIGINT')
    child.kill('SIGTERM')
    expect(await exit).toEqual([1, null])
    expect(await errors).toBe('rma-donor: did not stop within 0.5 s, so it was ended\n')
  })
})
