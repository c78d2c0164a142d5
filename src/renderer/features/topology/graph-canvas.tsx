import { Maximize, Minus, Plus } from 'lucide-react'
import { type KeyboardEvent, type PointerEvent, useEffect, useRef, useState } from 'react'
import { Button } from '../../components/button.tsx'
import { useNode, useNodeStore } from '../../store/node-context.tsx'
import { formatDuration } from '../../strings/format.ts'
import { strings } from '../../strings/index.ts'
import styles from './graph-canvas.module.css'
import { type Arrangement, GraphView, type Target } from './graph-view.ts'
import { nodeName, nodeState } from './node-words.ts'

const words = strings.topology
const zoomStep = 1.3
const panStep = 48

interface GraphCanvasProps {
  arrangement: Arrangement
  search: string
  selected: string | undefined
  onSelect: (peerId: string | undefined) => void
}

/** The graph or the ring, moved with pointer, wheel and keyboard. */
export function GraphCanvas({ arrangement, search, selected, onSelect }: GraphCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const view = useRef<GraphView>(undefined)
  const drag = useRef<{ x: number; y: number; moved: boolean }>(undefined)
  const [hover, setHover] = useState<{ target: Target; x: number; y: number }>()
  const store = useNodeStore()
  const size = useNode(state => state.topology?.nodes.length ?? 0)
  const links = useNode(state => state.topology?.edges.length ?? 0)

  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches
    const created = new GraphView({ canvas: element, reducedMotion })
    view.current = created
    const { topology, jobs } = store.getState()
    if (topology !== undefined) created.setTopology(topology)
    if (jobs !== undefined) created.setJobs(jobs)
    const unsubscribe = store.subscribe((state, before) => {
      if (state.topology !== undefined && state.topology !== before.topology) created.setTopology(state.topology)
      if (state.jobs !== undefined && state.jobs !== before.jobs) created.setJobs(state.jobs)
    })
    const resized = new ResizeObserver(() =>
      created.resize({ width: element.clientWidth, height: element.clientHeight }, devicePixelRatio),
    )
    resized.observe(element)
    const onTheme = () => created.themeChanged()
    const scheme = matchMedia('(prefers-color-scheme: dark)')
    scheme.addEventListener('change', onTheme)
    const themed = new MutationObserver(onTheme)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme'] })
    // React's own wheel listener is passive, and the page must not scroll while the picture zooms.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      created.zoomBy(Math.exp(-event.deltaY * 0.0015), { x: event.offsetX, y: event.offsetY })
    }
    element.addEventListener('wheel', onWheel, { passive: false })
    return () => {
      unsubscribe()
      resized.disconnect()
      themed.disconnect()
      scheme.removeEventListener('change', onTheme)
      element.removeEventListener('wheel', onWheel)
      created.stop()
    }
  }, [store])
  useEffect(() => view.current?.show({ arrangement, selected, search }), [arrangement, selected, search])

  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId)
    drag.current = { x: event.clientX, y: event.clientY, moved: false }
  }
  const onPointerMove = (event: PointerEvent) => {
    const point = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY }
    const from = drag.current
    if (from !== undefined) {
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
      if (!from.moved && Math.hypot(dx, dy) < 4) return
      drag.current = { x: event.clientX, y: event.clientY, moved: true }
      view.current?.panBy(dx, dy)
      return
    }
    const target = view.current?.targetAt(point)
    view.current?.hover(target)
    setHover(target === undefined ? undefined : { target, ...point })
  }
  const onPointerUp = (event: PointerEvent) => {
    const moved = drag.current?.moved ?? true
    drag.current = undefined
    if (moved) return
    const target = view.current?.targetAt({ x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY })
    onSelect(target?.kind === 'node' ? target.id : undefined)
  }
  const onLeave = () => {
    view.current?.hover(undefined)
    setHover(undefined)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const act = keyActions[event.key]
    if (act === undefined || view.current === undefined) return
    event.preventDefault()
    act(view.current)
  }
  return (
    <div className={styles.frame}>
      <canvas
        ref={canvas}
        {...focusable}
        className={styles.canvas}
        aria-label={arrangement === 'graph' ? words.graphLabel(size, links) : words.ringLabel(size)}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerLeave={onLeave}
        onKeyDown={onKeyDown}
      />
      {hover !== undefined && view.current !== undefined && (
        <p
          className={styles.hint}
          aria-hidden="true"
          style={{ transform: `translate(${hover.x + 14}px, ${hover.y + 14}px)` }}
        >
          {targetWords(hover.target, view.current)}
        </p>
      )}
      <div className={styles.tools}>
        <Button kind="icon" aria-label={words.zoomIn} onPress={() => view.current?.zoomBy(zoomStep)}>
          <Plus size={16} aria-hidden />
        </Button>
        <Button kind="icon" aria-label={words.zoomOut} onPress={() => view.current?.zoomBy(1 / zoomStep)}>
          <Minus size={16} aria-hidden />
        </Button>
        <Button kind="icon" aria-label={words.fit} onPress={() => view.current?.fit()}>
          <Maximize size={15} aria-hidden />
        </Button>
      </div>
    </div>
  )
}

/** A picture that takes keys. */
const focusable = { role: 'img', tabIndex: 0 } as const

const keyActions: Record<string, (view: GraphView) => void> = {
  ArrowLeft: view => view.panBy(panStep, 0),
  ArrowRight: view => view.panBy(-panStep, 0),
  ArrowUp: view => view.panBy(0, panStep),
  ArrowDown: view => view.panBy(0, -panStep),
  '+': view => view.zoomBy(zoomStep),
  '=': view => view.zoomBy(zoomStep),
  '-': view => view.zoomBy(1 / zoomStep),
  '0': view => view.fit(),
}

function targetWords(target: Target, { graph }: GraphView): string {
  if (target.kind === 'node') {
    if (!graph.hasNode(target.id)) return ''
    const { node } = graph.getNodeAttributes(target.id)
    return [nodeName(node), nodeState(node), node.load === undefined ? '' : words.load(node.load)]
      .filter(Boolean)
      .join(' · ')
  }
  if (!graph.hasEdge(target.key)) return ''
  const { path, rttMs } = graph.getEdgeAttributes(target.key)
  const [a, b] = graph.extremities(target.key).map(id => nodeName(graph.getNodeAttribute(id, 'node')))
  const ends = words.edge(a ?? '', b ?? '')
  return `${ends} · ${strings.path[path]}${rttMs === undefined ? '' : ` · ${formatDuration(rttMs)}`}`
}
