import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, vi } from 'vitest'
import { z } from 'zod'
import { type Milliseconds, second } from '../../src/shared/units.ts'
import type { NodeProcess } from './node-process.ts'
import type { Site } from './site.ts'

const answerSchema = z.object({
  status: z.number(),
  worker: z.string().nullable(),
  /** Which way the request went. */
  path: z.string().nullable(),
  ms: z.number(),
  text: z.string(),
})
export type PlacedAnswer = z.infer<typeof answerSchema>

/** Asking starts a program, which takes processor time from those that are to answer. */
const askEveryMs = 1 * second
const saidLines = 60

/** Run where the node is: its listener for programs is on the loopback of its namespace. */
const program = `
const { url, token, body, deadlineMs } = JSON.parse(process.argv[1])
const headers = { authorization: 'Bearer ' + token, 'content-type': 'text/plain', 'x-rma-deadline-ms': String(deadlineMs) }
const began = performance.now()
const response = await fetch(url, { method: 'POST', headers, body })
const text = await response.text()
const [worker, path] = ['x-rma-worker', 'x-rma-path'].map(name => response.headers.get(name))
console.log(JSON.stringify({ status: response.status, worker, path, ms: performance.now() - began, text }))
`

/** Has a node find names in a letter, and says who did it, over which path, and how long that took. */
export async function askInPlace(
  node: NodeProcess,
  { command }: Pick<Site, 'command'>,
  deadlineMs: Milliseconds = 20_000,
): Promise<PlacedAnswer> {
  const { serviceUrl } = await node.runtime()
  const url = `${serviceUrl}/service/ner-extraction`
  const question = { url, token: await node.token(), body: 'Mary Jones has moved to London.', deadlineMs }
  const [file, args] = command(process.execPath, ['--input-type=module', '-e', program, JSON.stringify(question)])
  const { stdout } = await promisify(execFile)(file, args)
  return answerSchema.parse(JSON.parse(stdout))
}

/** Waits until that worker serves a node that way; says what both have logged when it does not. */
export async function isServed(
  { node, machine }: { node: NodeProcess; machine: Pick<Site, 'command'> },
  by: { worker: NodeProcess; path: string },
  withinMs: Milliseconds,
): Promise<void> {
  const { peerId } = await by.worker.runtime()
  try {
    await vi.waitFor(
      async () => {
        expect(await askInPlace(node, machine)).toMatchObject({ status: 200, worker: peerId, path: by.path })
      },
      { timeout: withinMs, interval: askEveryMs },
    )
  } catch (error) {
    const logs = [node, by.worker].map(({ name, log }) => `${name}:\n${log.slice(-saidLines).join('\n')}`)
    throw new Error(`not served by ${peerId} over ${by.path}: ${error}\n${logs.join('\n')}`, { cause: error })
  }
}
