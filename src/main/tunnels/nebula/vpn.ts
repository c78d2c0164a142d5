import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { toRmaError } from '../../../shared/errors.ts'
import { blockedVpnCertificates, type RevokedAt } from '../../../shared/membership/revocations.ts'
import type { VpnLease } from '../../../shared/membership/vpn-lease.ts'
import type { VpnLoss, VpnState } from '../../../shared/schema/vpn.ts'
import { type Milliseconds, minute, second } from '../../../shared/units.ts'
import type { Clock, StopTimer } from '../../clock.ts'
import { writeFileDurably } from '../../config/durable-file.ts'
import type { Startable } from '../../lifecycle.ts'
import { LiveValue } from '../../live-value.ts'
import type { Logger } from '../../log.ts'
import { SidecarNote } from '../sidecar/sidecar-note.ts'
import { howToInstall, howToPermit, howToUpdate } from './find-nebula.ts'
import { nebulaConfig } from './nebula-config.ts'
import { readNebulaLine } from './nebula-log.ts'
import { NebulaProcess } from './nebula-process.ts'

export interface VpnComponents {
  /** Missing in an open network: nobody certifies there. */
  leases: VpnPlaces | undefined
  /** Whether the owner wants the VPN. */
  enabled: { get(): boolean; subscribe(listener: (enabled: boolean) => void): () => void }
  host: { readonly port: number; listenAlso(ip: string): Promise<void>; listenNoMore(ip: string): Promise<void> }
  /** Nebula, where it is installed. */
  findProgram(): Promise<string | undefined>
  clock: Clock
  log: Logger
}

/** What the membership gives. */
export interface VpnPlaces {
  readonly lease: LiveValue<VpnLease | undefined>
  /** Why there is none although there was one. */
  readonly loss: VpnLoss | undefined
  readonly revoked: { get(): RevokedAt; subscribe(listener: () => void): () => void }
  readonly privateKeyPem: string
  want(): Promise<void>
  unwant(): void
}

export interface VpnInit {
  dataFolder: string
  /** Coordinators tell members where the others are. */
  lighthouse: boolean
  /** Name of the network card. */
  device?: string
}

/** How long to wait after so many failures in a row: 2 s to 5 min. Pure. */
export function backOffMs(failures: number, random: number): Milliseconds {
  return Math.min(2 * second * 2 ** Math.min(failures - 1, 10), 5 * minute) * (0.5 + random / 2)
}

/** Keeps this node in the network's VPN while the owner wants it: one Nebula process, with the certificate of the day. */
export class Vpn implements Startable {
  readonly state = new LiveValue<VpnState>({ kind: 'off' })
  readonly #components: VpnComponents
  readonly #init: VpnInit
  readonly #folder: string
  #unsubscribe: (() => void)[] = []
  #process: NebulaProcess | undefined
  #failures = 0
  #stopWaiting: StopTimer = () => undefined
  /** One change after the other. */
  #work: Promise<void> = Promise.resolve()
  #running = false

  constructor(components: VpnComponents, init: VpnInit) {
    this.#components = components
    this.#init = init
    this.#folder = join(init.dataFolder, 'vpn')
  }

  start(): void {
    const { enabled, leases } = this.#components
    this.#running = true
    this.#unsubscribe = [
      enabled.subscribe(() => this.#do(() => this.#apply())),
      ...(leases === undefined
        ? []
        : [
            leases.lease.subscribe(lease =>
              this.#do(() => (lease === undefined ? this.#lose() : this.#refresh(lease))),
            ),
            leases.revoked.subscribe(() => this.#do(() => this.#rewrite())),
          ]),
    ]
    this.#do(() => this.#apply())
  }

  async stop(): Promise<void> {
    this.#running = false
    for (const unsubscribe of this.#unsubscribe) unsubscribe()
    await this.#work
    await this.#end()
    this.state.set({ kind: 'off' })
  }

  /** This node's address in the VPN, while it has one. */
  get ip(): string | undefined {
    const state = this.state.get()
    return state.kind === 'ready' ? state.ip : undefined
  }

  #do(change: () => Promise<void>): void {
    this.#work = this.#work.then(async () => {
      if (this.#running) await change()
    })
    this.#work = this.#work.catch(error => this.#failed(toRmaError(error).message))
  }

  async #apply(): Promise<void> {
    const { enabled, leases } = this.#components
    if (!enabled.get()) {
      leases?.unwant()
      await this.#end()
      this.state.set({ kind: 'off' })
      return
    }
    if (leases === undefined) {
      this.state.set({
        kind: 'unavailable',
        reason: 'open-network',
        why: 'this network has no certificate authority that could give out addresses',
        todo: 'join a network with members to use the VPN',
      })
      return
    }
    this.state.set({ kind: 'waiting' })
    await leases.want()
  }

  /** The others no longer speak with this node; a new lease is asked for. */
  async #lose(): Promise<void> {
    await this.#end()
    const { enabled, leases } = this.#components
    if (enabled.get()) this.state.set({ kind: 'waiting', ...(leases?.loss === undefined ? {} : { lost: leases.loss }) })
  }

  /** A lease has come: into use with it, or on with the process that runs. */
  async #refresh(lease: VpnLease): Promise<void> {
    if (!this.#components.enabled.get()) return
    const state = this.state.get()
    if (this.#process !== undefined && 'ip' in state && state.ip === lease.ip) return this.#rewrite()
    await this.#end()
    await this.#begin(lease)
  }

  async #begin(lease: VpnLease): Promise<void> {
    const program = await this.#components.findProgram()
    if (program === undefined) {
      const todo = howToInstall(process.platform)
      this.state.set({ kind: 'unavailable', reason: 'not-installed', why: 'nebula is not installed', todo })
      return
    }
    this.state.set({ kind: 'starting', ip: lease.ip })
    await this.#writeFiles(lease)
    let denied: string | undefined
    const { log } = this.#components
    const note = new SidecarNote({ log }, { dataFolder: this.#folder, name: 'nebula' })
    const config = this.#configPath
    const refusal = await NebulaProcess.refusalOf(program, config)
    if (refusal !== undefined) {
      const why = `nebula refuses its configuration: ${refusal}`
      log.warn({ why }, 'the VPN does not run')
      this.state.set({ kind: 'unavailable', reason: 'config-refused', why, todo: howToUpdate(config) })
      return
    }
    const started: NebulaProcess = await NebulaProcess.start(
      { note, log },
      {
        program,
        configPath: config,
        onLine: line => {
          const event = readNebulaLine(line)
          if (event?.kind === 'not-permitted') denied = event.text
          if (event?.kind === 'ready') this.#do(() => this.#ready(started, lease))
        },
      },
    )
    this.#process = started
    void started.ended.then(why => {
      if (this.#process !== started) return
      this.#process = undefined
      this.#do(async () => {
        await this.#components.host.listenNoMore(lease.ip)
        if (denied === undefined) this.#failed(why)
        else {
          const todo = howToPermit(process.platform, program)
          this.state.set({ kind: 'unavailable', reason: 'no-privilege', why: denied, todo })
        }
      })
    })
  }

  async #ready(started: NebulaProcess, { ip }: VpnLease): Promise<void> {
    if (this.#process !== started || this.state.get().kind === 'ready') return
    if (!this.#init.lighthouse) await this.#components.host.listenAlso(ip)
    this.#failures = 0
    this.state.set({ kind: 'ready', ip })
    this.#components.log.info({ ip }, 'this node is in the VPN')
  }

  #failed(why: string): void {
    const { clock, log, leases } = this.#components
    if (!this.#running) return
    const delayMs = Math.round(backOffMs(++this.#failures, Math.random()))
    log.warn({ why, againInMs: delayMs }, 'the VPN does not run')
    this.state.set({ kind: 'backing-off', until: clock.now() + delayMs, why: why.slice(0, 300) })
    this.#stopWaiting()
    this.#stopWaiting = clock.after(delayMs, () => {
      const lease = leases?.lease.get()
      this.#do(() => (lease === undefined ? this.#apply() : this.#refresh(lease)))
    })
  }

  /** Certificate or block list have changed. */
  async #rewrite(): Promise<void> {
    const lease = this.#components.leases?.lease.get()
    if (this.#process === undefined || lease === undefined) return
    await this.#writeFiles(lease)
    this.#process.reload()
  }

  async #writeFiles(lease: VpnLease): Promise<void> {
    const { leases, host } = this.#components
    if (leases === undefined) return
    const { lighthouse, device } = this.#init
    const keyPath = join(this.#folder, 'nebula.key')
    await mkdir(this.#folder, { recursive: true, mode: 0o700 })
    await writeFileDurably(keyPath, leases.privateKeyPem)
    const blocked = blockedVpnCertificates(leases.revoked.get())
    const config = { lease, keyPath, peerPort: host.port, lighthouse, blocked, ...(device ? { device } : {}) }
    await writeFileDurably(this.#configPath, JSON.stringify(nebulaConfig(config), null, 2))
  }

  async #end(): Promise<void> {
    this.#stopWaiting()
    const running = this.#process
    this.#process = undefined
    const state = this.state.get()
    if ('ip' in state) await this.#components.host.listenNoMore(state.ip)
    await running?.stop()
  }

  get #configPath(): string {
    return join(this.#folder, 'nebula.yml')
  }
}
