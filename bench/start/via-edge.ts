import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { z } from 'zod'
import { forgetWhomToAsk, startEdge } from '../../e2e/support/edge.ts'
import { NodeProcess, onLoopback, runCommand } from '../../e2e/support/node-process.ts'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { second } from '../../src/shared/units.ts'
import type { BenchmarkOptions } from '../benchmark.ts'

const service = 'ner-extraction'
const letter = 'Dear Ms Okafor, please call us on 0113 496 0000 before 3 March.'
const askAgainMs = 20
const limitMs = 30 * second

/**
 * A member that knows nobody but the edge router, from the start of its process until its first request is answered by a
 * worker: edge router, coordinator, lookup. The worker's engine is warm.
 */
export async function measureViaEdge({ progress, repeats, signal }: BenchmarkOptions): Promise<number[]> {
  const folder = await temporaryFolder()
  const nodes: NodeProcess[] = []
  const startNode = (name: string, args: string[], env: NodeJS.ProcessEnv, command?: 'coordinator') => {
    const own = command === undefined ? {} : { command }
    const node = new NodeProcess({ folder: folder.path, name, ...own, args: [...onLoopback, ...args], env })
    nodes.push(node)
    return node
  }
  progress('a network with a CA')
  const at = (name: string) => ['--data-folder', join(folder.path, name)]
  const made = await runCommand(['ca', 'create', 'charity', '--json', ...at('coordinator')])
  const edge = await startEdge(z.object({ caPublicKey: z.string() }).parse(JSON.parse(made.stdout)).caPublicKey)
  const env = { EDGE_ROUTER_URL: edge.url }
  try {
    const apiArgs = ['--api-port', '0', '--api-listen', '127.0.0.1']
    const coordinator = startNode('coordinator', apiArgs, env, 'coordinator')
    await coordinator.dashboardUrl()
    const invited = await coordinator.command(['invite', '--uses', String(repeats + 1), '--json'])
    const { invite } = z.object({ invite: z.string() }).parse(JSON.parse(invited.stdout))
    const becomeMember = async (name: string) => {
      const { code, stderr } = await runCommand(['join', invite, ...at(name)])
      if (code !== 0) throw new Error(`${name} could not join: ${stderr}`)
    }
    await becomeMember('worker')
    await answered(startNode('worker', ['--donate'], env), signal)
    const figures: number[] = []
    for (let repeat = 0; repeat < repeats; repeat++) {
      progress(`through the edge router, ${repeat + 1} of ${repeats}`)
      const name = `newcomer-${repeat}`
      await becomeMember(name)
      await forgetWhomToAsk(join(folder.path, name))
      const startedAt = performance.now()
      const newcomer = startNode(name, [], env)
      await answered(newcomer, signal)
      figures.push(performance.now() - startedAt)
      await newcomer.stop()
    }
    return figures
  } finally {
    await Promise.all(nodes.map(node => node.kill()))
    await edge.stop()
    await folder.remove()
  }
}

/** Asks until there is an answer: what a node that knows nobody yet says is that there is no worker. */
async function answered(node: NodeProcess, signal: AbortSignal): Promise<void> {
  await node.dashboardUrl()
  const { serviceUrl } = await node.runtime()
  const headers = { authorization: `Bearer ${await node.token()}`, 'content-type': 'text/plain' }
  const end = performance.now() + limitMs
  for (;;) {
    const response = await fetch(`${serviceUrl}/service/${service}`, { method: 'POST', headers, body: letter, signal })
    const said = await response.text()
    if (response.ok) return
    if (performance.now() > end) throw new Error(`no answer within ${limitMs} ms: ${said}`)
    await delay(askAgainMs, undefined, { signal })
  }
}
