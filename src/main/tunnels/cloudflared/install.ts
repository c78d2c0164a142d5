import { RmaError } from '../../../shared/errors.ts'
import type { InstallOffer, InstallStep } from '../../../shared/schema/tunnel.ts'
import { CloudflaredDownload, type DownloadInit } from './download.ts'
import { findCloudflared, type Places } from './program.ts'

/** A page draws no more often than this many times, however many pieces come. */
const steps = 200

export interface InstallInit extends DownloadInit, Pick<Places, 'env' | 'usual'> {}

/** Gets cloudflared onto this machine for an owner who has agreed to it, and tells how far it is. */
export class CloudflaredInstall {
  readonly #init: InstallInit
  readonly #download: CloudflaredDownload
  readonly #onInstalled: () => void
  #running = false

  /** @param onInstalled called once a program is there that was not before */
  constructor(init: InstallInit, onInstalled: () => void = () => undefined) {
    this.#init = init
    this.#download = new CloudflaredDownload(init)
    this.#onInstalled = onInstalled
  }

  /** What there is to ask the owner about. */
  async offer(signal?: AbortSignal): Promise<InstallOffer> {
    const program = await findCloudflared(this.#init, signal)
    if (program !== undefined) return { kind: 'here', ...program }
    const { offered, source, instructions } = this.#download
    if (offered === undefined) return { kind: 'not-offered', instructions }
    return { kind: 'offered', ...offered, source }
  }

  /**
   * Downloads it. Ends with BUSY while another download goes on, SIDECAR_MISSING where none is offered,
   * SIDECAR_HASH_MISMATCH, SIDECAR_DOWNLOAD_FAILED, or the signal's reason: then, and when the reader stops reading,
   * nothing of what came is left.
   */
  async *run(signal?: AbortSignal): AsyncGenerator<InstallStep, void, void> {
    if (this.#running) throw new RmaError('BUSY', 'cloudflared is being downloaded already')
    this.#running = true
    const stop = new AbortController()
    let news = Promise.withResolvers<void>()
    let latest: InstallStep | undefined
    let told = 0
    const tell = (step: InstallStep) => {
      latest = step
      news.resolve()
    }
    const download = this.#download
      .run({
        signal: signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]),
        onProgress({ received, total }) {
          if (received < total && received - told < total / steps) return
          told = received
          tell({ kind: 'progress', received, total })
        },
      })
      .then(outcome => {
        if (outcome.kind === 'here') return outcome.program
        throw notOffered(outcome)
      })
    const ended = download.then(() => undefined)
    // What it ends with is thrown below.
    ended.catch(() => undefined)
    try {
      for (;;) {
        const isEnd = await Promise.race([news.promise.then(() => false), ended.then(() => true)])
        if (isEnd) break
        news = Promise.withResolvers<void>()
        if (latest !== undefined) yield latest
      }
      const program = await download
      this.#onInstalled()
      yield { kind: 'here', ...program }
    } finally {
      stop.abort()
      await ended.catch(() => undefined)
      this.#running = false
    }
  }
}

function notOffered({ platform, arch, instructions }: { platform: string; arch: string; instructions: string }) {
  return new RmaError(
    'SIDECAR_MISSING',
    `this version of RMA Donor names no cloudflared to download for ${platform} on ${arch}: get it from ${instructions}`,
    { instructions },
  )
}
