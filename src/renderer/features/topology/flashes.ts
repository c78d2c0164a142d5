import { edgesAtWork, type Flash, flashesBetween } from './job-flashes.ts'
import type { PaintedJobs } from './painter-messages.ts'
import type { Palette } from './palette.ts'
import type { Scene, SceneNode } from './scene.ts'

/** How long a flash is on its way, in milliseconds. */
const flashMs = 900
const flashLimit = 200
const dotRadius = 4.5
/** Between a node's rim and the line of a running request, in pixels. */
const rimGap = 6

/** Edges over which requests run, and requests and answers on their way along them. */
export class Flashes {
  #live: (Flash & { startedAt: number })[] = []
  #painted: PaintedJobs | undefined
  readonly #moving: boolean

  /** Without `moving` edges light up, and nothing goes along them. */
  constructor({ moving }: { moving: boolean }) {
    this.#moving = moving
  }

  /** Takes the newest snapshot of jobs. The first one makes no flashes: what it holds has happened before. */
  update(painted: PaintedJobs, now: number): void {
    if (this.#painted !== undefined && this.#moving) {
      const fresh = flashesBetween(this.#painted.jobs, painted.jobs).map(flash => ({
        ...flash,
        // The answer of a quick job follows its request, so that both are seen.
        startedAt: flash.kind === 'answer' ? now + flashMs / 3 : now,
      }))
      this.#live = [...this.#live, ...fresh].slice(-flashLimit)
    }
    this.#painted = painted
  }

  /** Draws those on their way; true while there are any. */
  draw(context: OffscreenCanvasRenderingContext2D, scene: Scene, palette: Palette, now: number): boolean {
    this.#drawWork(context, scene, palette)
    this.#live = this.#live.filter(flash => now - flash.startedAt < flashMs)
    for (const { from, to, failed, startedAt } of this.#live) {
      const [a, b] = [this.#find(scene, from), this.#find(scene, to)]
      const share = (now - startedAt) / flashMs
      if (a?.place === undefined || b?.place === undefined || a === b || share < 0) continue
      const eased = 1 - (1 - share) ** 2
      context.strokeStyle = failed ? palette.bad : palette.accent
      context.fillStyle = context.strokeStyle
      context.lineWidth = 2.5
      context.globalAlpha = 0.5 * (1 - share)
      context.beginPath()
      context.moveTo(a.x, a.y)
      context.lineTo(b.x, b.y)
      context.stroke()
      context.globalAlpha = 1
      context.beginPath()
      context.arc(a.x + (b.x - a.x) * eased, a.y + (b.y - a.y) * eased, dotRadius, 0, 2 * Math.PI)
      context.fill()
    }
    return this.#live.length > 0
  }

  #drawWork(context: OffscreenCanvasRenderingContext2D, scene: Scene, palette: Palette): void {
    context.strokeStyle = palette.accent
    context.lineWidth = 2
    context.beginPath()
    for (const { requester, worker } of edgesAtWork(this.#painted?.jobs ?? [])) {
      const [a, b] = [this.#find(scene, requester), this.#find(scene, worker)]
      if (a?.place === undefined || b?.place === undefined || a === b) continue
      const length = Math.hypot(b.x - a.x, b.y - a.y) || 1
      // From rim to rim: a line over a node would hide what it is.
      const [from, to] = [(a.radius + rimGap) / length, 1 - (b.radius + rimGap) / length]
      if (from >= to) continue
      context.moveTo(a.x + (b.x - a.x) * from, a.y + (b.y - a.y) * from)
      context.lineTo(a.x + (b.x - a.x) * to, a.y + (b.y - a.y) * to)
    }
    context.stroke()
  }

  /** What a peer is drawn as. */
  #find(scene: Scene, peerId: string): SceneNode | undefined {
    return scene.find(this.#painted?.shownAs.get(peerId) ?? peerId)
  }
}
