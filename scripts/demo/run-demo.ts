import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { interruptSignal } from '../../src/main/cli/interrupt.ts'
import { second } from '../../src/shared/units.ts'
import { type Member, members } from './members.ts'
import { browserOpener, openBrowser } from './open-browser.ts'
import { sendLetter } from './send-letter.ts'
import { dataFolderOf, SwarmNode } from './swarm-node.ts'

const paceMs = 2.5 * second

const say = (line: string) => void process.stdout.write(`${line}\n`)

/**
 * A swarm of real nodes on this machine, with no coordinator: some donate, all send letters now and then, until it is
 * interrupted. Returns the exit code.
 */
export async function runDemo(root: string): Promise<number> {
  const signal = interruptSignal()
  const folder = await mkdtemp(join(tmpdir(), 'rma-donor-demo-'))
  const nodes: SwarmNode[] = []
  const launch = (member: Member, seeds: string[], dashboardPort?: number) => {
    const command = join(root, 'out', 'main', 'cli.js')
    const dataFolder = dataFolderOf(folder, member)
    const node = new SwarmNode({
      member,
      command,
      dataFolder,
      seeds,
      ...(dashboardPort === undefined ? {} : { dashboardPort }),
    })
    nodes.push(node)
    return node
  }
  try {
    const [firstMember, ...others] = members
    say(`Starting ${members.length} nodes on this machine, each a process of its own …`)
    const first = launch(firstMember, [])
    const dashboardUrl = await orAborted(first.started(), signal)
    const { addresses } = await first.runtime()
    say(`  1 of ${members.length}: ${memberLine(firstMember)}`)
    await Promise.all(
      others.map(async (member, index) => {
        const node = launch(member, addresses, 0)
        await orAborted(node.started(), signal)
        say(`  ${index + 2} of ${members.length}: ${memberLine(member)}`)
      }),
    )
    const alive = watchExits(nodes, signal)
    showDashboard(dashboardUrl)
    await sendLetters(alive, signal)
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    say('Stopping …')
    await Promise.all(nodes.map(node => node.stop()))
    await rm(folder, { recursive: true, force: true })
    say('All nodes have stopped; their folders are removed.')
  }
  return 0
}

function memberLine({ location, donate, pretend }: Member): string {
  const gpus = pretend.gpus.map(gpu => `, ${gpu.model}`).join('')
  return `${location.padEnd(8)} ${donate ? 'donates' : 'asks   '}  ${pretend.cpuThreads} threads${gpus}`
}

/** The nodes that still run; a node that ends by itself is reported and leaves the set. */
function watchExits(nodes: readonly SwarmNode[], signal: AbortSignal): ReadonlySet<SwarmNode> {
  const alive = new Set(nodes)
  for (const node of nodes) {
    void node.exited.then(({ code, signal: killedBy }) => {
      alive.delete(node)
      if (signal.aborted) return
      say(`The node at ${node.member.location} has died (${killedBy ?? `exit code ${code}`}). ${node.lastErrorLine}`)
    })
  }
  return alive
}

function showDashboard(url: string): void {
  const opener = process.stdout.isTTY ? browserOpener(process.platform, process.env) : undefined
  if (opener !== undefined) openBrowser(opener, url, error => say(`The browser did not open: ${error.message}`))
  say(`Dashboard: ${url}`)
  say('Letters are sent from changing nodes; Ctrl-C stops everything.')
}

/** Sends one letter after the other, each from the next node, until interrupted or no node is left. */
async function sendLetters(alive: ReadonlySet<SwarmNode>, signal: AbortSignal): Promise<void> {
  const places = new Map<string, string>()
  for (let number = 0; alive.size > 0; number++) {
    await delay(paceMs, undefined, { signal })
    const node = [...alive][number % alive.size]
    if (node === undefined) continue
    try {
      for (const other of alive) places.set((await other.runtime()).peerId, other.member.location)
      const { text, worker, path, durationMs } = await sendLetter(node, number, signal)
      const greeting = text.split('\n').find(line => line.startsWith('Dear')) ?? text.split('\n')[0] ?? ''
      const by = places.get(worker) ?? worker
      say(`${node.member.location} → ${by} (${path}, ${(durationMs / 1_000).toFixed(2)} s): ${greeting}`)
    } catch (error) {
      signal.throwIfAborted()
      say(`${node.member.location}: no answer: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error('every node of the demonstration has died')
}

function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = new Promise<never>((_, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
  return Promise.race([work, aborted])
}
