import { drawEdges } from './draw-edges.ts'
import { drawLabels } from './draw-labels.ts'
import { drawNodes } from './draw-nodes.ts'
import { drawRing } from './draw-ring.ts'
import { Flashes } from './flashes.ts'
import type { PainterStart, PainterUpdate, Screen, View } from './painter-messages.ts'
import type { Palette } from './palette.ts'
import { emptyScene, placeScene, projectScene, sceneOf } from './scene.ts'

/** Draws the network on a canvas, one frame at a time, as the newest updates say. */
export class Painter {
  readonly #canvas: OffscreenCanvas
  readonly #context: OffscreenCanvasRenderingContext2D
  readonly #flashes: Flashes
  #scene = emptyScene
  #screen: Screen = { size: { width: 0, height: 0 }, pixelRatio: 1, zoom: 1 }
  #view: View = { camera: { x: 0, y: 0, scale: 1 }, focus: undefined, pointedAt: undefined, ring: undefined }
  #palette: Palette | undefined
  #frame = 0

  constructor({ canvas, reducedMotion }: Omit<PainterStart, 'kind'>) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('expected a 2D canvas, got none')
    this.#canvas = canvas
    this.#context = context
    this.#flashes = new Flashes({ moving: !reducedMotion })
  }

  update({ view, screen, palette, sketch, places, jobs }: PainterUpdate): void {
    this.#view = view
    if (screen !== undefined) this.#resize(screen)
    if (palette !== undefined) this.#palette = palette
    if (sketch !== undefined) this.#scene = sceneOf(sketch)
    if (places !== undefined) placeScene(this.#scene, places)
    if (jobs !== undefined) this.#flashes.update(jobs, performance.now())
    this.#changed()
  }

  #resize(screen: Screen): void {
    const { size, pixelRatio, zoom } = screen
    this.#screen = screen
    this.#canvas.width = Math.round(size.width * pixelRatio)
    this.#canvas.height = Math.round(size.height * pixelRatio)
    this.#context.setTransform(pixelRatio * zoom, 0, 0, pixelRatio * zoom, 0, 0)
  }

  #changed(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(now => this.#draw(now))
  }

  #draw(now: number): void {
    this.#frame = 0
    const [context, scene, palette] = [this.#context, this.#scene, this.#palette]
    if (palette === undefined) return
    const { camera, focus, pointedAt, ring } = this.#view
    const { size: page, zoom } = this.#screen
    const size = { width: page.width / zoom, height: page.height / zoom }
    projectScene(scene, camera, size)
    const [from, to] = pointedAt ?? []
    const pointed = from === undefined ? undefined : scene.edges.find(({ a, b }) => a.id === from && b.id === to)
    context.fillStyle = palette.page
    context.fillRect(0, 0, size.width, size.height)
    if (ring !== undefined) drawRing(context, ring, { camera, size, color: palette.edge })
    drawEdges(context, scene, { focus, pointedAt: pointed, size, palette })
    drawNodes(context, scene, { focus, size, palette })
    const moving = this.#flashes.draw(context, scene, palette, now)
    drawLabels(context, scene, { focus, size, palette })
    if (moving) this.#changed()
  }
}
