import { mkdir, stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { RmaError } from '../../../shared/errors.ts'
import type { TunnelSettings, TunnelView } from '../../../shared/schema/tunnel.ts'
import { second } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import type { SidecarNote } from '../sidecar/sidecar-note.ts'
import { SidecarProcess } from '../sidecar/sidecar-process.ts'
import { readCloudflaredLine } from './cloudflared-log.ts'
import { nextTunnelStep, shownState, stopped, type TunnelEvent, type TunnelState } from './tunnel-state.ts'

const tickMs = second
/** One that works is asked how it is so often, and each so many times somebody comes through it; each time once a check has failed. */
const checkReadyEveryMs = 10 * second
const proofEvery = 6
const readyTimeoutMs = 2 * second
const proofTimeoutMs = 10 * second
const othersMayRead = 0o077

export interface TunnelComponents {
  note: SidecarNote
  /** Resolves once a connection to that URL has ended at this very node; rejects otherwise. */
  proveReach(url: string, signal: AbortSignal): Promise<void>
  /** Where cloudflared is; undefined where it is not installed. */
  findProgram(signal: AbortSignal): Promise<string | undefined>
  clock: Clock
  log: Logger
}

export interface TunnelInit {
  dataFolder: string
  /** Port on this machine's loopback that the tunnel leads to. Throws why there is none. */
  localPort(): number
  random?: () => number
}

/**
 * A Cloudflare tunnel: keeps cloudflared running while it is wanted, and names the tunnel's URL only while connections
 * through it end at this node.
 */
export class Tunnel implements Startable {
  readonly state = new LiveValue<TunnelView>({ kind: 'stopped' })
  /** The URL by which others reach this node now. */
  readonly url = new LiveValue<string | undefined>(undefined)
  readonly #parts: TunnelComponents
  readonly #init: TunnelInit
  #settings: TunnelSettings = { kind: 'off' }
  #state: TunnelState = stopped
  #process: SidecarProcess | undefined
  #ending: Promise<void> = Promise.resolve()
  #metricsPort = 0
  /** By `Clock.steady`. */
  #checkedAt = Number.NEGATIVE_INFINITY
  #checks = 0
  #checking = false
  #spawns = 0
  #life = new AbortController()
  #stopTimer: StopTimer = () => undefined

  constructor(components: TunnelComponents, init: TunnelInit) {
    this.#parts = components
    this.#init = init
  }

  async start(): Promise<void> {
    this.#life = new AbortController()
    await this.#parts.note.endOrphan()
    this.#stopTimer = this.#parts.clock.every(tickMs, () => this.#tick())
    this.#want()
  }

  async stop(): Promise<void> {
    this.#life.abort()
    this.#stopTimer()
    this.#take({ kind: 'unwanted' })
    await this.#ending
  }

  /** Follows the owner's choice; what runs is begun anew when it changes. */
  configure(settings: TunnelSettings): void {
    if (JSON.stringify(settings) === JSON.stringify(this.#settings)) return
    this.#settings = settings
    this.#take({ kind: 'unwanted' })
    this.#want()
  }

  /** Begins anew where there was no program to run: there may be one now. */
  programAppeared(): void {
    if (this.#state.kind !== 'failed' || this.#state.missing !== true) return
    this.#take({ kind: 'unwanted' })
    this.#want()
  }

  #want(): void {
    if (this.#settings.kind !== 'off' && !this.#life.signal.aborted) this.#take({ kind: 'wanted' })
  }

  #take(event: TunnelEvent): void {
    const moment = { now: this.#parts.clock.now(), random: (this.#init.random ?? Math.random)() }
    const { state, actions } = nextTunnelStep(this.#state, event, moment)
    const before = this.#state
    this.#state = state
    for (const action of actions) {
      if (action === 'end') this.#end()
      else void this.#spawn()
    }
    // That it ends then tells nothing of the next.
    if (event.kind === 'unwanted') this.#process = undefined
    if (state.kind !== before.kind) this.#report(state)
    this.#show(shownState(state))
  }

  #show(shown: TunnelView): void {
    if (JSON.stringify(shown) !== JSON.stringify(this.state.get())) this.state.set(shown)
    const url = shown.kind === 'ready' ? shown.url : undefined
    if (url !== this.url.get()) this.url.set(url)
  }

  #report(state: TunnelState): void {
    const { log } = this.#parts
    if (state.kind === 'ready') log.info({ url: state.url }, 'the tunnel leads to this node')
    else if (state.kind === 'backing-off' || state.kind === 'failed')
      log.warn({ why: state.why }, 'the tunnel does not work')
  }

  async #spawn(): Promise<void> {
    const { signal } = this.#life
    const settings = this.#settings
    const spawn = ++this.#spawns
    const isOver = () => signal.aborted || settings !== this.#settings || spawn !== this.#spawns
    try {
      await this.#ending
      const program = await this.#parts.findProgram(signal)
      if (program === undefined) throw missing()
      const folder = join(this.#init.dataFolder, 'cloudflared')
      await mkdir(folder, { recursive: true, mode: 0o700 })
      const metricsPort = await freePort()
      const args = await argumentsFor(settings, { metricsPort, localPort: this.#init.localPort() })
      if (isOver() || this.#state.kind !== 'starting') return
      this.#metricsPort = metricsPort
      this.#checkedAt = Number.NEGATIVE_INFINITY
      this.#checks = 0
      if (settings.kind === 'named' && settings.hostname !== undefined)
        this.#take({ kind: 'place', url: `https://${settings.hostname}` })
      this.#run(program, args, folder)
    } catch (error) {
      if (isOver()) return
      const missing = error instanceof RmaError && error.code === 'SIDECAR_MISSING'
      const why = error instanceof Error ? error.message : String(error)
      this.#state = { kind: 'failed', why, ending: false, missing }
      this.#report(this.#state)
      this.#show(shownState(this.#state))
    }
  }

  #run(program: string, args: readonly string[], folder: string): void {
    const { note, log } = this.#parts
    const child: SidecarProcess = new SidecarProcess(
      { note, log },
      {
        program,
        args,
        cwd: folder,
        // A configuration of the owner's own must not change what this tunnel does, and quick ones refuse to start beside one.
        env: { HOME: folder, USERPROFILE: folder },
        onLine: line => {
          if (this.#process === child) this.#hear(line)
        },
        onExit: ({ code, lastLines }) => {
          if (this.#process !== child) return
          this.#process = undefined
          this.#take({ kind: 'exited', code, lastLine: lastLines.at(-1)?.slice(0, 300) ?? 'it said nothing' })
        },
      },
    )
    this.#process = child
  }

  #hear(line: string): void {
    const news = readCloudflaredLine(line)
    this.#parts.log.debug({ line: line.slice(0, 500) }, 'cloudflared')
    if (news?.kind === 'place') this.#take(news)
    else if (news?.kind === 'rate-limited') this.#take(news)
    else if (news?.kind === 'metrics') this.#metricsPort = news.port
  }

  #end(): void {
    const child = this.#process
    if (child !== undefined) this.#ending = child.stop()
    // It is still being looked for: nothing will end.
    else if ('ending' in this.#state) this.#state = { ...this.#state, ending: false }
  }

  #tick(): void {
    this.#take({ kind: 'tick' })
    const { kind } = this.#state
    if (kind !== 'connecting' && kind !== 'ready') return
    const { clock } = this.#parts
    if (kind === 'ready' && clock.steady() - this.#checkedAt < checkReadyEveryMs) return
    this.#checkedAt = clock.steady()
    if (!this.#checking) void this.#check(this.#state)
  }

  async #check(state: Extract<TunnelState, { url: string }>): Promise<void> {
    this.#checking = true
    const { signal } = this.#life
    const isProof = state.kind === 'connecting' || state.failedChecks > 0 || ++this.#checks % proofEvery === 0
    let why = ''
    try {
      await this.#askReady(signal)
      const within = AbortSignal.any([signal, AbortSignal.timeout(proofTimeoutMs)])
      if (isProof) await this.#parts.proveReach(state.url, within)
    } catch (error) {
      why = error instanceof Error ? error.message : String(error)
    } finally {
      this.#checking = false
    }
    const current = this.#state
    if (signal.aborted || !('url' in current) || current.url !== state.url) return
    this.#take({ kind: 'checked', well: why === '', why: `nobody gets through it: ${why}` })
  }

  async #askReady(signal: AbortSignal): Promise<void> {
    const within = AbortSignal.any([signal, AbortSignal.timeout(readyTimeoutMs)])
    const { ok, status } = await fetch(`http://127.0.0.1:${this.#metricsPort}/ready`, { signal: within })
    if (!ok) throw new Error(`cloudflared is not connected (HTTP status ${status})`)
  }
}

function missing(): RmaError {
  return new RmaError(
    'SIDECAR_MISSING',
    'cloudflared is not installed: get it from developers.cloudflare.com/tunnel/downloads',
  )
}

/** What cloudflared is started with. A token is in a file that only its owner reads: BAD_SETTING otherwise. */
export async function argumentsFor(
  settings: TunnelSettings,
  { metricsPort, localPort }: { metricsPort: number; localPort: number },
): Promise<string[]> {
  const common = ['tunnel', '--no-autoupdate', '--metrics', `127.0.0.1:${metricsPort}`, '--output', 'json']
  if (settings.kind !== 'named') return [...common, '--url', `http://127.0.0.1:${localPort}`]
  await expectPrivate(settings.tokenFile)
  return [...common, 'run', '--token-file', settings.tokenFile]
}

async function expectPrivate(path: string): Promise<void> {
  const { mode } = await stat(path).catch((cause: Error) => {
    throw new RmaError('BAD_SETTING', `expected the tunnel's token in ${path}: ${cause.message}`, { path }, { cause })
  })
  if (process.platform === 'win32' || (mode & othersMayRead) === 0) return
  const found = (mode & 0o777).toString(8)
  throw new RmaError('BAD_SETTING', `expected that only you may read ${path} (mode 600), got mode ${found}`, { path })
}

/** Free a moment ago. */
function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      const port = typeof address === 'object' && address !== null ? address.port : 0
      server.close(() => resolve(port))
    })
  })
}
