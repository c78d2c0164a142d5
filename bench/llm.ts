import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { request } from 'undici'
import { NodeProcess, onLoopback } from '../e2e/support/node-process.ts'
import { temporaryFolder } from '../e2e/support/temporary-folder.ts'
import { StandInEngine } from '../src/main/services/loopback/testing/stand-in-engine.ts'
import { defaultSettings } from '../src/shared/schema/settings.ts'
import { type Benchmark, median } from './benchmark.ts'
import { percentile } from './timing.ts'

const warmUps = 20
const requests = 200
const words = 300
/** A hundred words a second in each stream: eight hundred in all is what a large card writes. */
const everyMs = 10
const streams = 8
const roundsEach = 2
const readyMs = 20_000

/** What a node adds to an engine beside it: the time to the first word, and what is left of its speed. */
export const llm: Benchmark = {
  name: 'llm',
  summary: 'what asking through a node costs beside asking its language engine directly',
  targets: {
    'firstTokenOverhead.p50': { atMost: 5 },
    throughputRatio: { atLeast: 0.9 },
  },
  async run({ progress, repeats, signal }) {
    const engine = await StandInEngine.start()
    const folder = await temporaryFolder()
    const node = await startNode(folder.path, engine.url)
    try {
      const through = await targetOf(node)
      const direct: Target = { url: `${engine.url}/v1/chat/completions`, headers: {} }
      await until(through, signal)
      const overheads: number[] = []
      const throughputs: number[] = []
      for (let repeat = 1; repeat <= repeats; repeat++) {
        progress(`first words, ${repeat} of ${repeats}`)
        engine.manner = { kind: 'well', words: ['word'] }
        overheads.push((await firstWord(through, signal)) - (await firstWord(direct, signal)))
        progress(`throughput, ${repeat} of ${repeats}`)
        engine.manner = { kind: 'well', words: Array.from({ length: words }, () => 'word '), everyMs }
        throughputs.push((await wordsASecond(through, signal)) / (await wordsASecond(direct, signal)))
      }
      return {
        settings: { requests, words, streams, everyMs },
        metrics: { 'firstTokenOverhead.p50': median(overheads), throughputRatio: median(throughputs) },
      }
    } finally {
      await node.stop()
      await engine.stop()
      await folder.remove()
    }
  },
}

interface Target {
  url: string
  headers: Record<string, string>
}

async function startNode(folder: string, engineUrl: string): Promise<NodeProcess> {
  const dataFolder = join(folder, 'node')
  await mkdir(dataFolder, { recursive: true, mode: 0o700 })
  const settings = {
    ...defaultSettings,
    services: { 'llm-inference': { enabled: true, slots: streams } },
    engines: { places: [{ name: 'Bench', url: engineUrl }] },
  }
  await writeFile(join(dataFolder, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
  return await NodeProcess.start({ folder, name: 'node', args: [...onLoopback, '--donate'] })
}

async function targetOf(node: NodeProcess): Promise<Target> {
  const { serviceUrl } = await node.runtime()
  return {
    url: new URL('/service/llm-inference', serviceUrl).href,
    headers: { authorization: `Bearer ${await node.token()}` },
  }
}

async function ask({ url, headers }: Target, signal: AbortSignal) {
  const { statusCode, body } = await request(url, {
    method: 'POST',
    headers: { ...headers, 'content-type': 'application/json', accept: 'text/event-stream' },
    body: JSON.stringify({ messages: [{ role: 'user', content: 'Hello' }], stream: true }),
    signal,
  })
  if (statusCode === 200) return body
  throw new Error(`expected an answer, got status ${statusCode}: ${(await body.text()).slice(0, 300)}`)
}

/** Resolves once the node has found its engine. */
async function until(target: Target, signal: AbortSignal): Promise<void> {
  const end = performance.now() + readyMs
  for (;;) {
    try {
      await (await ask(target, signal)).dump()
      return
    } catch (error) {
      if (performance.now() > end) throw error
    }
  }
}

/** The usual time to the first word, in milliseconds. */
async function firstWord(target: Target, signal: AbortSignal): Promise<number> {
  const times: number[] = []
  for (let count = 0; count < warmUps + requests; count++) {
    const start = performance.now()
    const body = await ask(target, signal)
    for await (const _ of body) break
    if (count >= warmUps) times.push(performance.now() - start)
  }
  return percentile(times, 0.5)
}

/** Words that arrive in a second over all streams. */
async function wordsASecond(target: Target, signal: AbortSignal): Promise<number> {
  const start = performance.now()
  const stream = async () => {
    for (let round = 0; round < roundsEach; round++) for await (const _ of await ask(target, signal));
  }
  await Promise.all(Array.from({ length: streams }, stream))
  return (streams * roundsEach * words) / ((performance.now() - start) / 1_000)
}
