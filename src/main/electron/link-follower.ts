import type { NodeApi } from '../rpc/node-api.ts'
import type { DeepLink } from './deep-link.ts'
import type { ElectronApi } from './electron-api.ts'
import { offerToJoin } from './join-offer.ts'
import type { Windows } from './windows.ts'

export interface LinkFollowerComponents {
  electron: Pick<ElectronApi, 'app' | 'dialog'>
  windows: Windows
}

export interface LinkFollowerInit {
  /** Resolves once the node has started; undefined where it could not. */
  node: () => Promise<NodeApi | undefined>
  /** Has the app started anew once it has ended. */
  relaunch: () => void
}

/** Follows links into the app; one that comes before there can be a window waits for it. */
export class LinkFollower {
  readonly #parts: LinkFollowerComponents
  readonly #init: LinkFollowerInit
  #pending: DeepLink | undefined
  #ready = false
  #offering = false

  constructor(components: LinkFollowerComponents, init: LinkFollowerInit) {
    this.#parts = components
    this.#init = init
  }

  follow(link: DeepLink): void {
    this.#pending = link
    if (this.#ready) this.#open(link)
  }

  /** Windows can be opened from now on: those of a link that waits, or else the dashboard if that is wanted. */
  becomeReady({ showDashboard }: { showDashboard: boolean }): void {
    this.#ready = true
    if (this.#pending !== undefined) this.#open(this.#pending)
    else if (showDashboard) this.#parts.windows.showDashboard()
  }

  #open({ page, invite }: DeepLink): void {
    this.#pending = undefined
    this.#parts.windows.showDashboard(page)
    if (invite !== undefined) void this.#offerToJoin(invite)
  }

  /** One question at a time: whoever sends many links gets no more. */
  async #offerToJoin(invite: string): Promise<void> {
    const node = await this.#init.node()
    if (node === undefined || this.#offering) return
    this.#offering = true
    const { relaunch } = this.#init
    await offerToJoin({ electron: this.#parts.electron, join: input => node.join(input), relaunch }, invite)
    this.#offering = false
  }
}
