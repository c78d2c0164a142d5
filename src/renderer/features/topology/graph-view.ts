import type { Job } from '../../../shared/schema/job.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import { drawEdges } from './draw-edges.ts'
import { drawLabels } from './draw-labels.ts'
import { drawNodes } from './draw-nodes.ts'
import { Flashes } from './flashes.ts'
import { type Camera, fitCamera, type Point, pan, type Size, zoomAt } from './geometry.ts'
import { GraphLayout, ringPositions } from './graph-layout.ts'
import { applyTopology, createNetworkGraph } from './graph-model.ts'
import { nodeTowards, type Target, targetAt } from './hit-test.ts'
import { type Palette, readPalette } from './palette.ts'
import { createScene, emptyScene, placeScene, projectScene } from './scene.ts'

const fitMargin = 48
/** A wide picture has the legend in its lower left corner. */
const legendFrom = 700
const legendSize: Size = { width: 250, height: 285 }

export type Arrangement = 'graph' | 'ring'

export interface GraphViewInit {
  canvas: HTMLCanvasElement
  reducedMotion: boolean
}

/** Draws the network on a canvas: owns the model, the layout, the camera and one frame at a time. */
export class GraphView {
  readonly graph = createNetworkGraph()
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #reducedMotion: boolean
  readonly #layout: GraphLayout
  readonly #flashes = new Flashes()
  #palette: Palette
  #size: Size = { width: 0, height: 0 }
  #camera: Camera = { x: 0, y: 0, scale: 1 }
  #followFit = true
  #arrangement: Arrangement = 'graph'
  #graphPositions: ReadonlyMap<string, Point> = new Map()
  #ring: ReadonlyMap<string, Point> = new Map()
  #scene = emptyScene
  #hovered: Target | undefined
  #selected: string | undefined
  #search = ''
  #frame = 0

  constructor({ canvas, reducedMotion }: GraphViewInit) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('expected a 2D canvas, got none')
    this.#canvas = canvas
    this.#context = context
    this.#reducedMotion = reducedMotion
    this.#palette = readPalette(document.body)
    this.#layout = new GraphLayout(positions => {
      this.#graphPositions = positions
      placeScene(this.#scene, this.#positions())
      this.#changed()
    })
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.stop()
  }

  setTopology(topology: Topology): void {
    const { structural } = applyTopology(this.graph, topology)
    this.#ring = ringPositions(topology.ring)
    if (structural) this.#layout.update(this.graph, topology.nodes.find(node => node.self)?.peerId)
    this.#rebuild()
  }

  setJobs(jobs: readonly Job[]): void {
    if (this.#reducedMotion) return
    this.#flashes.update(jobs, performance.now())
    this.#changed()
  }

  resize(size: Size, pixelRatio: number): void {
    this.#size = size
    this.#canvas.width = Math.round(size.width * pixelRatio)
    this.#canvas.height = Math.round(size.height * pixelRatio)
    this.#context.setTransform(pixelRatio, 0, 0, pixelRatio, 0, 0)
    this.#draw(performance.now())
  }

  themeChanged(): void {
    this.#palette = readPalette(document.body)
    this.#changed()
  }

  show(shown: { arrangement: Arrangement; selected: string | undefined; search: string }): void {
    if (shown.arrangement !== this.#arrangement) this.#followFit = true
    this.#arrangement = shown.arrangement
    this.#selected = shown.selected
    this.#search = shown.search.trim()
    this.#rebuild()
  }

  hover(target: Target | undefined): void {
    this.#hovered = target
    this.#changed()
  }

  fit(): void {
    this.#followFit = true
    this.#changed()
  }

  panBy(dx: number, dy: number): void {
    this.#followFit = false
    this.#camera = pan(this.#camera, dx, dy)
    this.#changed()
  }

  zoomBy(factor: number, anchor: Point = { x: this.#size.width / 2, y: this.#size.height / 2 }): void {
    this.#followFit = false
    this.#camera = zoomAt(this.#camera, factor, anchor, this.#size)
    this.#changed()
  }

  targetAt(point: Point): Target | undefined {
    return targetAt(this.#scene, point)
  }

  /** The node beside the selected one in a direction; this machine where none is selected. */
  nodeTowards(dx: number, dy: number): string | undefined {
    const from = this.#selected === undefined ? undefined : this.#scene.byId.get(this.#selected)
    if (from === undefined) return this.#scene.nodes.find(({ look }) => look === 'self')?.id
    return nodeTowards(this.#scene, from, dx, dy)?.id
  }

  #positions(): ReadonlyMap<string, Point> {
    return this.#arrangement === 'graph' ? this.#graphPositions : this.#ring
  }

  #rebuild(): void {
    this.#scene = createScene(this.graph, this.#positions(), this.#search)
    this.#changed()
  }

  #changed(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(now => this.#draw(now))
  }

  #draw(now: number): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    const [context, size, palette] = [this.#context, this.#size, this.#palette]
    if (this.#followFit) {
      const corner = size.width >= legendFrom ? legendSize : { width: 0, height: 0 }
      this.#camera = fitCamera(this.#positions().values(), size, { margin: fitMargin, corner })
    }
    projectScene(this.#scene, this.#camera, size)
    const focus = this.#hovered?.kind === 'node' ? this.#hovered.id : this.#selected
    const pointedAt = this.#hovered?.kind === 'edge' ? this.#hovered.key : undefined
    context.fillStyle = palette.page
    context.fillRect(0, 0, size.width, size.height)
    drawEdges(context, this.#scene, { focus, pointedAt, size, palette })
    drawNodes(context, this.#scene, { focus, size, palette })
    const moving = this.#flashes.draw(context, this.#scene, palette, now)
    drawLabels(context, this.#scene, { focus, size, palette })
    if (moving) this.#changed()
  }
}
