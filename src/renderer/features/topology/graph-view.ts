import type { Job } from '../../../shared/schema/job.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import { type DrawnEdge, drawEdges } from './draw-edges.ts'
import { type DrawnNode, drawNodes } from './draw-nodes.ts'
import { type Camera, distanceToSegment, fitCamera, type Point, pan, type Size, toScreen, zoomAt } from './geometry.ts'
import { GraphLayout, ringPositions } from './graph-layout.ts'
import { applyTopology, createNetworkGraph } from './graph-model.ts'
import { type Flash, flashesBetween } from './job-flashes.ts'
import { matchesSearch } from './node-row.ts'
import { nodeName } from './node-words.ts'
import { type Palette, readPalette } from './palette.ts'

const flashMs = 900
const flashLimit = 200
const labelLimit = 60
const fitMargin = 48
/** A wide picture leaves room for the legend at its left. */
const legendFrom = 700
const legendWidth = 190

export type Arrangement = 'graph' | 'ring'
/** What the pointer is on. */
export type Target = { kind: 'node'; id: string } | { kind: 'edge'; key: string }

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
  #palette: Palette
  #size: Size = { width: 0, height: 0 }
  #camera: Camera = { x: 0, y: 0, scale: 1 }
  #followFit = true
  #arrangement: Arrangement = 'graph'
  #graphPositions: ReadonlyMap<string, Point> = new Map()
  #ring: ReadonlyMap<string, Point> = new Map()
  #flashes: (Flash & { startedAt: number })[] = []
  #jobs: readonly Job[] | undefined
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
    this.#changed()
  }

  /** The first snapshot shows no flashes: what it holds has happened before. */
  setJobs(jobs: readonly Job[]): void {
    if (this.#jobs !== undefined && !this.#reducedMotion) {
      const now = performance.now()
      const fresh = flashesBetween(this.#jobs, jobs).map(flash => ({
        ...flash,
        startedAt: flash.kind === 'answer' ? now + flashMs / 3 : now,
      }))
      this.#flashes = [...this.#flashes, ...fresh].slice(-flashLimit)
    }
    this.#jobs = jobs
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
    this.#changed()
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

  /** The node under a point of the screen, else the edge within 5 pixels of it. */
  targetAt(point: Point): Target | undefined {
    let nearest: { id: string; distance: number } | undefined
    this.graph.forEachNode((id, { radius }) => {
      const place = this.#screenPlace(id)
      if (place === undefined) return
      const distance = Math.hypot(place.x - point.x, place.y - point.y) - this.#pixels(radius)
      if (distance < 5 && (nearest === undefined || distance < nearest.distance)) nearest = { id, distance }
    })
    if (nearest !== undefined) return { kind: 'node', id: nearest.id }
    const key = this.graph.findEdge((_key, _edge, from, to) => {
      const [a, b] = [this.#screenPlace(from), this.#screenPlace(to)]
      return a !== undefined && b !== undefined && distanceToSegment(point, a, b) < 5
    })
    return key === undefined ? undefined : { kind: 'edge', key }
  }

  #screenPlace(id: string): Point | undefined {
    const place = this.#positions().get(id)
    return place === undefined ? undefined : toScreen(place, this.#camera, this.#size)
  }

  #fitted(): Camera {
    const covered = this.#size.width >= legendFrom ? legendWidth : 0
    const free = { width: this.#size.width - covered, height: this.#size.height }
    const camera = fitCamera(this.#positions().values(), free, fitMargin)
    return { ...camera, x: camera.x - covered / 2 / camera.scale }
  }

  #positions(): ReadonlyMap<string, Point> {
    return this.#arrangement === 'graph' ? this.#graphPositions : this.#ring
  }

  /** Nodes grow more slowly than the picture, so that neither end of the zoom is a blot. */
  #pixels(radius: number): number {
    const { scale } = this.#camera
    return Math.max(1.4, radius * (scale < 1 ? scale ** 0.8 : Math.sqrt(scale)))
  }

  #changed(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(now => this.#draw(now))
  }

  #draw(now: number): void {
    cancelAnimationFrame(this.#frame)
    this.#frame = 0
    if (this.#followFit) this.#camera = this.#fitted()
    const context = this.#context
    context.fillStyle = this.#palette.page
    context.fillRect(0, 0, this.#size.width, this.#size.height)
    const places = new Map<string, Point>()
    for (const [id, place] of this.#positions()) places.set(id, toScreen(place, this.#camera, this.#size))
    const focus = this.#hovered?.kind === 'node' ? this.#hovered.id : this.#selected
    drawEdges(context, this.#drawnEdges(places, focus), this.#palette)
    drawNodes(context, this.#drawnNodes(places, focus), this.#palette)
    this.#drawFlashes(places, now)
    this.#drawLabels(places, focus)
    if (this.#flashes.length > 0) this.#changed()
  }

  #drawnEdges(places: ReadonlyMap<string, Point>, focus: string | undefined): DrawnEdge[] {
    const edges: DrawnEdge[] = []
    const { width, height } = this.#size
    const pointedAt = this.#hovered?.kind === 'edge' ? this.#hovered.key : undefined
    this.graph.forEachEdge((key, { path }, from, to, fromNode, toNode) => {
      const [a, b] = [places.get(from), places.get(to)]
      if (a === undefined || b === undefined) return
      if (Math.max(a.x, b.x) < 0 || Math.min(a.x, b.x) > width) return
      if (Math.max(a.y, b.y) < 0 || Math.min(a.y, b.y) > height) return
      const own =
        focus === undefined ? fromNode.look === 'self' || toNode.look === 'self' : from === focus || to === focus
      edges.push({ a, b, path, strong: own || key === pointedAt })
    })
    return edges
  }

  #drawnNodes(places: ReadonlyMap<string, Point>, focus: string | undefined): DrawnNode[] {
    const nodes: DrawnNode[] = []
    this.graph.forEachNode((id, { node, look, radius }) => {
      const place = places.get(id)
      if (place === undefined) return
      const faded = this.#search !== '' && !matchesSearch(node, this.#search)
      nodes.push({ ...place, radius: this.#pixels(radius), look, load: node.load, faded, ringed: id === focus })
    })
    return nodes
  }

  #drawFlashes(places: ReadonlyMap<string, Point>, now: number): void {
    this.#flashes = this.#flashes.filter(flash => now - flash.startedAt < flashMs)
    for (const { from, to, failed, startedAt } of this.#flashes) {
      const [a, b] = [places.get(from), places.get(to)]
      const share = (now - startedAt) / flashMs
      if (a === undefined || b === undefined || share < 0) continue
      const eased = 1 - (1 - share) ** 2
      this.#context.strokeStyle = failed ? this.#palette.bad : this.#palette.accent
      this.#context.fillStyle = this.#context.strokeStyle
      this.#context.lineWidth = 2.5
      this.#context.globalAlpha = 0.5 * (1 - share)
      this.#context.beginPath()
      this.#context.moveTo(a.x, a.y)
      this.#context.lineTo(b.x, b.y)
      this.#context.stroke()
      this.#context.globalAlpha = 1
      this.#context.beginPath()
      this.#context.arc(a.x + (b.x - a.x) * eased, a.y + (b.y - a.y) * eased, 4.5, 0, 2 * Math.PI)
      this.#context.fill()
    }
  }

  #drawLabels(places: ReadonlyMap<string, Point>, focus: string | undefined): void {
    const context = this.#context
    const all = this.graph.order <= labelLimit
    context.font = '12px system-ui, sans-serif'
    context.textAlign = 'center'
    context.textBaseline = 'top'
    context.lineWidth = 3
    context.lineJoin = 'round'
    context.strokeStyle = this.#palette.page
    context.fillStyle = this.#palette.text
    this.graph.forEachNode((id, { node, radius, look }) => {
      const place = places.get(id)
      if (place === undefined || !(all || id === focus || look === 'self')) return
      const top = place.y + this.#pixels(radius) + 10
      context.strokeText(nodeName(node), place.x, top)
      context.fillText(nodeName(node), place.x, top)
    })
  }
}
