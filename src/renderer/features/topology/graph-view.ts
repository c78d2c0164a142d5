import type { Job } from '../../../shared/schema/job.ts'
import type { Topology } from '../../../shared/schema/topology.ts'
import { type Box, type FitNode, fitCamera } from './fit.ts'
import { type Camera, type Point, pan, type Size, toWorld, zoomAt } from './geometry.ts'
import { GraphLayout, ringPositions } from './graph-layout.ts'
import { applyPicture, createNetworkGraph } from './graph-model.ts'
import { type Grouping, groupsOf, type Picture, pictureOf } from './grouping.ts'
import { nodeTowards, type Target, targetAt } from './hit-test.ts'
import { foundIn, type NodeFilter, openFilter } from './node-filter.ts'
import type { PaintedJobs, PainterMessage, PainterUpdate, Screen, View } from './painter-messages.ts'
import { readPalette } from './palette.ts'
import { noPins, type Pins } from './pins.ts'
import { ringPoint, ringRadius } from './placement.ts'
import { emptyScene, placeScene, placesIn, projectScene, sceneOf } from './scene.ts'
import { buffersOf } from './sketch.ts'
import { sketchOf } from './sketch-network.ts'

/** Points of the ring that the picture is fitted for. */
const ringOutline = 48

export type Arrangement = 'graph' | 'ring'

/** What the page around the picture decides. */
export interface Shown {
  arrangement: Arrangement
  selected: string | undefined
  filter: NodeFilter
  pins: Pins
  grouping: Grouping
  /** Ids of the groups whose members are shown. */
  open: ReadonlySet<string>
}

export interface GraphViewInit {
  /** Not drawn on yet: the painter takes it over. */
  canvas: HTMLCanvasElement
  reducedMotion: boolean
}

/**
 * Shows the network on a canvas: owns the model, the layout and the camera. A worker draws, so that the page hears of its
 * pointer and keys while a large network takes its time.
 */
export class GraphView {
  readonly graph = createNetworkGraph()
  readonly #painter = new Worker(new URL('./painter.worker.ts', import.meta.url), { type: 'module' })
  readonly #layout: GraphLayout
  #size: Size = { width: 0, height: 0 }
  #zoom = 1
  #covers: readonly Box[] = []
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
    grouping: 'none',
    open: new Set(),
  }
  /** A node under way to another place, in the hand of somebody. */
  #dragged: { id: string; place: Point } | undefined
  #topology: Topology | undefined
  #picture: Picture = { items: [], edges: [], ties: [], shownAs: new Map() }
  #jobs: readonly Job[] | undefined
  /** Structure has changed since the layout was last asked: it is not while the ring is shown. */
  #layoutDue = false
  /** What the painter has not been told yet. */
  #due: Omit<PainterUpdate, 'kind' | 'view'> | undefined

  constructor({ canvas, reducedMotion }: GraphViewInit) {
    const offscreen = canvas.transferControlToOffscreen()
    this.#post({ kind: 'start', canvas: offscreen, reducedMotion }, [offscreen])
    this.themeChanged()
    this.#layout = new GraphLayout(positions => {
      this.#graphPositions = positions
      this.#place()
    })
  }

  stop(): void {
    this.#painter.terminate()
    this.#layout.stop()
  }

  setTopology(topology: Topology): void {
    this.#topology = topology
    this.#ring = ringPositions(topology.ring)
    this.#compose()
  }

  setJobs(jobs: readonly Job[]): void {
    this.#jobs = jobs
    this.#changed({ jobs: this.#paintedJobs(jobs) })
  }

  resize(screen: Screen): void {
    const { size, zoom } = screen
    this.#zoom = zoom
    this.#size = { width: size.width / zoom, height: size.height / zoom }
    this.#changed({ screen })
  }

  /** What lies over the picture, in pixels of the page. */
  cover(boxes: readonly Box[]): void {
    this.#covers = boxes
    this.#changed()
  }

  themeChanged(): void {
    this.#changed({ palette: readPalette(document.body) })
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
    projectScene(this.#scene, this.#camera, this.#size)
    return targetAt(this.#scene, this.#drawn(point))
  }

  /** Whether something can be taken to another place: a node of the graph that is not this machine. */
  canDrag(target: Target | undefined): target is Target & { kind: 'node' } {
    if (target?.kind !== 'node' || this.#shown.arrangement !== 'graph') return false
    const node = this.#scene.find(target.id)
    return node !== undefined && node.members === undefined && node.look !== 'self'
  }

  /** Takes a node along with a point of the screen. */
  drag(id: string, to: Point): void {
    this.#followFit = false
    this.#dragged = { id, place: toWorld(this.#drawn(to), this.#camera, this.#size) }
    this.#place()
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
    const from = selected === undefined ? undefined : this.#scene.find(this.#picture.shownAs.get(selected) ?? selected)
    projectScene(this.#scene, this.#camera, this.#size)
    if (from === undefined) return this.#scene.nodes.find(({ look }) => look === 'self')?.id
    return nodeTowards(this.#scene, from, dx, dy)?.id
  }

  /** A point of the page as a point of the drawing. */
  #drawn({ x, y }: Point): Point {
    return { x: x / this.#zoom, y: y / this.#zoom }
  }

  #drawnBox({ left, right, top, bottom }: Box): Box {
    const zoom = this.#zoom
    return { left: left / zoom, right: right / zoom, top: top / zoom, bottom: bottom / zoom }
  }

  /** Puts everything to where it stands now, what is dragged into the hand that holds it. */
  #place(): void {
    if (this.#dragged !== undefined) {
      const { id, place } = this.#dragged
      this.#graphPositions = new Map(this.#graphPositions).set(id, place)
    }
    const places = placesIn(this.#scene, this.#positions())
    placeScene(this.#scene, places)
    this.#changed({ places })
  }

  #positions(): ReadonlyMap<string, Point> {
    return this.#shown.arrangement === 'graph' ? this.#graphPositions : this.#ring
  }

  #compose(): void {
    const topology = this.#topology
    if (topology === undefined) return
    const { arrangement, grouping, open, filter, pins } = this.#shown
    // The ring has a place for each node and none for groups.
    const groups = arrangement === 'graph' ? groupsOf(topology, grouping, id => pins.has(id)) : []
    this.#picture = pictureOf(topology, groups, open)
    if (applyPicture(this.graph, this.#picture).structural) this.#layoutDue = true
    if (this.#layoutDue && arrangement === 'graph') {
      this.#layoutDue = false
      this.#layout.update(this.graph, this.#picture.ties, topology.nodes.find(node => node.self)?.peerId, pins)
    }
    const sketch = sketchOf(this.graph, { found: foundIn(topology, filter), pins })
    this.#scene = sceneOf(sketch)
    this.#changed({ sketch })
    this.#place()
    if (this.#jobs !== undefined) this.#changed({ jobs: this.#paintedJobs(this.#jobs) })
  }

  #paintedJobs(jobs: readonly Job[]): PaintedJobs {
    const peers = jobs.flatMap(({ requester, worker }) => (worker === undefined ? requester : [requester, worker]))
    const { shownAs } = this.#picture
    return { jobs, shownAs: new Map(peers.map(peer => [peer, shownAs.get(peer) ?? peer])) }
  }

  /** Tells the painter, once what runs now has run: much of what changes, changes together. */
  #changed(what: Omit<PainterUpdate, 'kind' | 'view'> = {}): void {
    if (this.#due === undefined) queueMicrotask(() => this.#tell())
    this.#due = { ...this.#due, ...what }
  }

  #tell(): void {
    const due = this.#due ?? {}
    this.#due = undefined
    if (this.#followFit)
      this.#camera = fitCamera(
        this.#whole(),
        this.#size,
        this.#covers.map(box => this.#drawnBox(box)),
      )
    const handed = due.sketch === undefined ? [] : buffersOf(due.sketch)
    this.#post({ kind: 'update', view: this.#view(), ...due }, handed)
  }

  /** What is to be seen: of a ring all of it, also where nobody stands. */
  #whole(): readonly FitNode[] {
    const { nodes } = this.#scene
    if (this.#shown.arrangement === 'graph') return nodes
    const radius = ringRadius(this.#ring.size)
    const outline = Array.from({ length: ringOutline }, (_, index): FitNode => {
      return { look: 'peer', size: 1, place: ringPoint(index / ringOutline, radius) }
    })
    return [...nodes, ...outline]
  }

  #view(): View {
    const hovered = this.#hovered
    const pointed = hovered?.kind === 'node' ? hovered.id : this.#shown.selected
    const focus = pointed === undefined ? undefined : (this.#picture.shownAs.get(pointed) ?? pointed)
    const edge = hovered?.kind === 'edge' && this.graph.hasEdge(hovered.key) ? hovered.key : undefined
    return {
      camera: this.#camera,
      focus,
      pointedAt: edge === undefined ? undefined : this.graph.extremities(edge),
      ring: this.#shown.arrangement === 'ring' ? ringRadius(this.#ring.size) : undefined,
    }
  }

  #post(message: PainterMessage, handed: Transferable[]): void {
    this.#painter.postMessage(message, handed)
  }
}
