import type { Job } from '../../../shared/schema/job.ts'
import { type Flash, flashesBetween } from './job-flashes.ts'
import type { Palette } from './palette.ts'
import type { Scene } from './scene.ts'

/** How long a flash is on its way, in milliseconds. */
const flashMs = 900
const flashLimit = 200
const dotRadius = 4.5

/** Requests and answers on their way along edges. */
export class Flashes {
  #live: (Flash & { startedAt: number })[] = []
  #jobs: readonly Job[] | undefined

  /** Takes the newest snapshot of jobs. The first one makes no flashes: what it holds has happened before. */
  update(jobs: readonly Job[], now: number): void {
    if (this.#jobs !== undefined) {
      const fresh = flashesBetween(this.#jobs, jobs).map(flash => ({
        ...flash,
        // The answer of a quick job follows its request, so that both are seen.
        startedAt: flash.kind === 'answer' ? now + flashMs / 3 : now,
      }))
      this.#live = [...this.#live, ...fresh].slice(-flashLimit)
    }
    this.#jobs = jobs
  }

  /** Draws those on their way; true while there are any. */
  draw(context: CanvasRenderingContext2D, scene: Scene, palette: Palette, now: number): boolean {
    this.#live = this.#live.filter(flash => now - flash.startedAt < flashMs)
    for (const { from, to, failed, startedAt } of this.#live) {
      const [a, b] = [scene.find(from), scene.find(to)]
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
}
