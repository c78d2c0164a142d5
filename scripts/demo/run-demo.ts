import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { NodeProcess } from '../../e2e/support/node-process.ts'
import { interruptSignal } from '../../src/main/cli/interrupt.ts'
import { defaultSettings, type Settings } from '../../src/shared/schema/settings.ts'
import { second } from '../../src/shared/units.ts'
import { type Member, members } from './members.ts'
import { browserOpener, openBrowser } from './open-browser.ts'
import { sendLetter } from './send-letter.ts'

const paceMs = 2.5 * second

const say = (line: string) => void process.stdout.write(`${line}\n`)

/** A member of the demonstration and the process that plays it. */
interface Player {
  member: Member
  node: NodeProcess
}

/**
 * A swarm of real nodes on this machine, with no coordinator: some donate, the others send letters, until it is
 * interrupted. Returns the exit code.
 */
export async function runDemo(): Promise<number> {
  const signal = interruptSignal()
  const folder = await mkdtemp(join(tmpdir(), 'rma-donor-demo-'))
  const players: Player[] = []
  const playing = play(players, folder, signal)
  try {
    await Promise.race([playing, once(signal, 'abort')])
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    say('Stopping …')
    await Promise.all(players.map(({ node }) => node.stop()))
    // Nothing may still write into what is removed next.
    await Promise.allSettled([playing])
    await rm(folder, { recursive: true, force: true })
    say('All nodes have stopped; their folders are removed.')
  }
  return 0
}

/** Starts the nodes, each put into `players`, and sends letters between them. */
async function play(players: Player[], folder: string, signal: AbortSignal): Promise<void> {
  const alive = new Set<Player>()
  const enter = async (member: Member, args: readonly string[]) => {
    const player = { member, node: new NodeProcess({ folder, name: member.location, args: argsOf(member, args) }) }
    players.push(player)
    const dashboardUrl = await player.node.dashboardUrl()
    alive.add(player)
    void reportExit(player, alive, signal)
    say(`  ${alive.size} of ${members.length}: ${memberLine(member)}`)
    return { player, dashboardUrl }
  }
  await Promise.all(members.map(({ location }) => skipFirstRun(join(folder, location))))
  // Once it is interrupted, only what has entered is stopped.
  signal.throwIfAborted()
  const [first, ...others] = members
  say(`Starting ${members.length} nodes on this machine, each a process of its own …`)
  const { player, dashboardUrl } = await enter(first, [])
  const seeds = (await player.node.runtime()).addresses.flatMap(address => ['--seed', address])
  signal.throwIfAborted()
  await Promise.all(others.map(member => enter(member, ['--dashboard-port', '0', ...seeds])))
  // Letters are to be seen on their way there.
  showDashboard(`${dashboardUrl}#/topology`)
  await sendLetters(alive, signal)
}

/** Lets the dashboard of a node that asks and does not donate open as it will be after the first run. */
async function skipFirstRun(dataFolder: string): Promise<void> {
  await mkdir(dataFolder, { mode: 0o700 })
  const settings: Settings = { ...defaultSettings, welcomed: true }
  await writeFile(join(dataFolder, 'settings.json'), JSON.stringify(settings), { mode: 0o600 })
}

function argsOf({ location, pretend, donate }: Member, args: readonly string[]): string[] {
  const swarm = ['--network', 'demo', '--no-mdns', '--listen', '127.0.0.1', '--loopback-swarm', '--log-level', 'warn']
  const ports = ['--dht-port', '0', '--service-port', '0']
  const self = ['--location', location, '--pretend', JSON.stringify(pretend), ...(donate ? ['--donate'] : [])]
  return [...swarm, ...ports, ...self, ...args]
}

function memberLine({ location, donate, pretend }: Member): string {
  const gpus = pretend.gpus.map(gpu => `, ${gpu.model}`).join('')
  return `${location.padEnd(8)} ${donate ? 'donates' : 'asks   '}  ${pretend.cpuThreads} threads${gpus}`
}

/** A node that ends by itself is reported and counts no longer. */
async function reportExit(player: Player, alive: Set<Player>, signal: AbortSignal): Promise<void> {
  const { member, node } = player
  const { code, signal: killedBy } = await node.exited
  alive.delete(player)
  if (!signal.aborted) {
    say(`The node at ${member.location} has died (${killedBy ?? `exit code ${code}`}). ${node.log.at(-1) ?? ''}`)
  }
}

function showDashboard(url: string): void {
  const opener = process.stdout.isTTY ? browserOpener(process.platform, process.env) : undefined
  if (opener !== undefined) openBrowser(opener, url, error => say(`The browser did not open: ${error.message}`))
  say(`Dashboard: ${url}`)
  say('Letters go out at a gentle pace; Ctrl-C stops everything.')
}

/**
 * Sends one letter after the other, in turn from the nodes that do not donate, so that each goes through the network;
 * when those have died, from the donors. Rejects when it is interrupted, or when no node is left.
 */
async function sendLetters(alive: ReadonlySet<Player>, signal: AbortSignal): Promise<void> {
  const places = new Map<string, string>()
  for (let number = 0; alive.size > 0; number++) {
    await delay(paceMs, undefined, { signal })
    const askers = [...alive].filter(({ member }) => !member.donate)
    const senders = askers.length > 0 ? askers : [...alive]
    const sender = senders[number % senders.length]
    if (sender === undefined) continue
    const from = sender.member.location
    try {
      for (const { member, node } of alive) places.set((await node.runtime()).peerId, member.location)
      const { text, worker, path, durationMs } = await sendLetter(sender.node, number, signal)
      const greeting = text.split('\n').find(line => line.startsWith('Dear')) ?? text.split('\n')[0] ?? ''
      say(`${from} → ${places.get(worker) ?? worker} (${path}, ${(durationMs / 1_000).toFixed(2)} s): ${greeting}`)
    } catch (error) {
      signal.throwIfAborted()
      say(`${from}: no answer: ${error instanceof Error ? error.message : String(error)}`)
    }
  }
  throw new Error('every node of the demonstration has died')
}
