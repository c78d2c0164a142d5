import { request } from 'undici'
import { z } from 'zod'
import type { NodeProcess } from '../../e2e/support/node-process.ts'
import { second } from '../../src/shared/units.ts'
import { letterLines, renderLetter } from './letter.ts'

export interface ReadLetter {
  text: string
  /** Peer id of the worker that read it. */
  worker: string
  path: string
  durationMs: number
}

const answerSchema = z.object({ text: z.string() })
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** Sends one invented letter to the network through `node`, as a caseworker's program would. */
export async function sendLetter(node: NodeProcess, number: number, signal: AbortSignal): Promise<ReadLetter> {
  const [{ serviceUrl }, token, body] = await Promise.all([
    node.runtime(),
    node.token(),
    renderLetter(letterLines(number)),
  ])
  const startedAt = performance.now()
  const response = await request(new URL('/service/ocr', serviceUrl), {
    method: 'POST',
    headers: { authorization: `Bearer ${token}`, 'content-type': 'image/png' },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(60 * second)]),
  })
  const answer: unknown = await response.body.json()
  if (response.statusCode !== 200) {
    const { code, message } = errorSchema.parse(answer).error
    throw new Error(`${code}: ${message}`)
  }
  return {
    text: answerSchema.parse(answer).text,
    worker: String(response.headers['x-rma-worker'] ?? ''),
    path: String(response.headers['x-rma-path'] ?? ''),
    durationMs: performance.now() - startedAt,
  }
}
