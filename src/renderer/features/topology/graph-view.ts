import type { Job } from '../../../shared/schema/job.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import { drawEdges } from './draw-edges.ts'
import { drawLabels } from './draw-labels.ts'
import { drawNodes } from './draw-nodes.ts'
import { Flashes } from './flashes.ts'
import { type Camera, fitCamera, type Point, pan, type Size, toWorld, zoomAt } from './geometry.ts'
import { GraphLayout, ringPositions } from './graph-layout.ts'
import { applyPicture, createNetworkGraph } from './graph-model.ts'
import { type NodeGroup, type Picture, pictureOf } from './grouping.ts'
import { nodeTowards, type Target, targetAt } from './hit-test.ts'
import { foundIn, type NodeFilter, openFilter } from './node-filter.ts'
import { type Palette, readPalette } from './palette.ts'
import { noPins, type Pins } from './pins.ts'
import { createScene, emptyScene, extentOf, placeScene, projectScene } from './scene.ts'

const fitMargin = 48
/** A wide picture has the legend in its lower left corner. */
const legendFrom = 700
const legendSize: Size = { width: 370, height: 205 }

export type Arrangement = 'graph' | 'ring'

/** What the page around the picture decides. */
export interface Shown {
  arrangement: Arrangement
  selected: string | undefined
  filter: NodeFilter
  pins: Pins
  groups: readonly NodeGroup[]
  /** Ids of the groups whose members are shown. */
  open: ReadonlySet<string>
}

export interface GraphViewInit {
  canvas: HTMLCanvasElement
  reducedMotion: boolean
}

/** Draws the network on a canvas: owns the model, the layout, the camera and one frame at a time. */
export class GraphView {
  readonly graph = createNetworkGraph()
  readonly #canvas: HTMLCanvasElement
  readonly #context: CanvasRenderingContext2D
  readonly #layout: GraphLayout
  readonly #flashes: Flashes
  #palette: Palette
  #size: Size = { width: 0, height: 0 }
  /** Pixels of the page for one of the drawing: everything is drawn larger where the page's type is. */
  #zoom = 1
  #camera: Camera = { x: 0, y: 0, scale: 1 }
  #followFit = true
  #graphPositions: ReadonlyMap<string, Point> = new Map()
  #ring: ReadonlyMap<string, Point> = new Map()
  #scene = emptyScene
  #hovered: Target | undefined
  #shown: Shown = {
    arrangement: 'graph',
    selected: undefined,
    filter: openFilter,
    pins: noPins,
    groups: [],
    open: new Set(),
  }
  /** A node under way to another place, in the hand of somebody. */
  #dragged: { id: string; place: Point } | undefined
  #topology: Topology | undefined
  #picture: Picture = { items: [], edges: [], ties: [], shownAs: new Map() }
  /** Structure has changed since the layout was last asked: it is not while the ring is shown. */
  #layoutDue = false
  #frame = 0

  constructor({ canvas, reducedMotion }: GraphViewInit) {
    const context = canvas.getContext('2d', { alpha: false })
    if (context === null) throw new Error('expected a 2D canvas, got none')
    this.#canvas = canvas
    this.#context = context
    this.#flashes = new Flashes({ moving: !reducedMotion })
    this.#palette = readPalette(document.body)
    this.#layout = new GraphLayout(positions => {
      this.#graphPositions = positions
      placeScene(this.#scene, this.#positions())
      this.#holdDragged()
      this.#changed()
    })
  }

  stop(): void {
    cancelAnimationFrame(this.#frame)
    this.#layout.stop()
  }

  setTopology(topology: Topology): void {
    this.#topology = topology
    this.#ring = ringPositions(topology.ring)
    this.#compose()
  }

  setJobs(jobs: readonly Job[]): void {
    this.#flashes.update(jobs, performance.now())
    this.#changed()
  }

  /** `zoom`: how much larger than usual the page's type is. */
  resize({ width, height }: Size, { pixelRatio, zoom }: { pixelRatio: number; zoom: number }): void {
    this.#zoom = zoom
    this.#size = { width: width / zoom, height: height / zoom }
    this.#canvas.width = Math.round(width * pixelRatio)
    this.#canvas.height = Math.round(height * pixelRatio)
    this.#context.setTransform(pixelRatio * zoom, 0, 0, pixelRatio * zoom, 0, 0)
    this.#draw(performance.now())
  }

  themeChanged(): void {
    this.#palette = readPalette(document.body)
    this.#changed()
  }

  show(shown: Shown): void {
    if (shown.arrangement !== this.#shown.arrangement) this.#followFit = true
    if (shown.pins !== this.#shown.pins) this.#layoutDue = true
    this.#shown = shown
    this.#compose()
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
    this.#camera = pan(this.#camera, dx / this.#zoom, dy / this.#zoom)
    this.#changed()
  }

  /** `anchor` stays where it is; the middle where there is none. */
  zoomBy(factor: number, anchor?: Point): void {
    this.#followFit = false
    const middle = { x: this.#size.width / 2, y: this.#size.height / 2 }
    this.#camera = zoomAt(this.#camera, factor, anchor === undefined ? middle : this.#drawn(anchor), this.#size)
    this.#changed()
  }

  targetAt(point: Point): Target | undefined {
    return targetAt(this.#scene, this.#drawn(point))
  }

  /** Whether something can be taken to another place: a node of the graph that is not this machine. */
  canDrag(target: Target | undefined): target is Target & { kind: 'node' } {
    if (target?.kind !== 'node' || this.#shown.arrangement !== 'graph') return false
    const node = this.#scene.find(target.id)
    return node?.item.kind === 'node' && node.look !== 'self'
  }

  /** Takes a node along with a point of the screen. */
  drag(id: string, to: Point): void {
    this.#followFit = false
    this.#dragged = { id, place: toWorld(this.#drawn(to), this.#camera, this.#size) }
    this.#holdDragged()
    this.#changed()
  }

  /** Lets go of what is dragged: where it stands now. */
  drop(): { id: string; place: Point } | undefined {
    const dropped = this.#dragged
    this.#dragged = undefined
    return dropped
  }

  /** Where a node stands in the world. */
  placeOf(id: string): Point | undefined {
    return this.#graphPositions.get(this.#picture.shownAs.get(id) ?? id)
  }

  /** The node beside the selected one in a direction; this machine where none is selected. */
  nodeTowards(dx: number, dy: number): string | undefined {
    const { selected } = this.#shown
    const from = selected === undefined ? undefined : this.#scene.find(selected)
    if (from === undefined) return this.#scene.nodes.find(({ look }) => look === 'self')?.id
    return nodeTowards(this.#scene, from, dx, dy)?.id
  }

  /** A point of the page as a point of the drawing. */
  #drawn({ x, y }: Point): Point {
    return { x: x / this.#zoom, y: y / this.#zoom }
  }

  #holdDragged(): void {
    if (this.#dragged === undefined) return
    const { id, place } = this.#dragged
    this.#graphPositions = new Map(this.#graphPositions).set(id, place)
    const node = this.#scene.find(id)
    if (node !== undefined) node.place = place
  }

  #positions(): ReadonlyMap<string, Point> {
    return this.#shown.arrangement === 'graph' ? this.#graphPositions : this.#ring
  }

  #compose(): void {
    const topology = this.#topology
    if (topology === undefined) return
    const { arrangement, groups, open, filter, pins } = this.#shown
    // The ring has a place for each node and none for groups.
    this.#picture = pictureOf(topology, arrangement === 'graph' ? groups : [], open)
    if (applyPicture(this.graph, this.#picture).structural) this.#layoutDue = true
    if (this.#layoutDue && arrangement === 'graph') {
      this.#layoutDue = false
      this.#layout.update(this.graph, this.#picture.ties, topology.nodes.find(node => node.self)?.peerId, pins)
    }
    const found = foundIn(topology, filter)
    this.#scene = createScene(this.graph, { places: this.#positions(), shownAs: this.#picture.shownAs, found, pins })
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
      this.#camera = fitCamera(extentOf(this.#scene), size, { margin: fitMargin, corner })
    }
    projectScene(this.#scene, this.#camera, size)
    const pointed = this.#hovered?.kind === 'node' ? this.#hovered.id : this.#shown.selected
    const focus = pointed === undefined ? undefined : (this.#picture.shownAs.get(pointed) ?? pointed)
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
