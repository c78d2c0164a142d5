import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import { expect, it, onTestFinished } from 'vitest'
import { readProcessTree } from './process-tree.ts'

const thread = `
const { spawn } = require('node:child_process')
const { parentPort } = require('node:worker_threads')
const child = spawn(process.execPath, ['--eval', 'setInterval(() => undefined, 1000)'])
parentPort.postMessage(child.pid)
parentPort.once('message', () => {
  child.once('exit', () => process.exit())
  child.kill()
})`

it.runIf(process.platform === 'linux')('counts children that another thread of a process has started', async () => {
  const worker = new Worker(thread, { eval: true })
  onTestFinished(async () => {
    worker.postMessage('end')
    await once(worker, 'exit')
  })
  const [pid] = await once(worker, 'message')
  expect(readProcessTree('/proc', process.pid)?.pids).toContain(pid)
})
