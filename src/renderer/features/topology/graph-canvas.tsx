import {
  type KeyboardEvent,
  type PointerEvent,
  type ReactNode,
  type RefObject,
  useEffect,
  useRef,
  useState,
} from 'react'
import { useNode, useNodeStore } from '../../store/node-context.tsx'
import { strings } from '../../strings/index.ts'
import type { Point } from './geometry.ts'
import styles from './graph-canvas.module.css'
import { GraphTools } from './graph-tools.tsx'
import type { GraphView, Shown } from './graph-view.ts'
import type { Target } from './hit-test.ts'
import { targetWords } from './target-words.ts'
import { useGraphView } from './use-graph-view.ts'

const words = strings.topology
const zoomStep = 1.3
const panStep = 48
/** A press that moves less than this many pixels is a click. */
const dragFrom = 4

interface GraphCanvasProps {
  shown: Shown
  /** With the id of a peer or of a group. */
  onSelect: (id: string | undefined) => void
  /** A node was put to another place by hand. */
  onPlace?: (id: string, place: Point) => void
  /** Told where nodes stand, for as long as the picture is there. */
  places?: RefObject<((id: string) => Point | undefined) | undefined>
  /** What lies over the picture; parts with `data-covers` hide none of it while all of it is shown. */
  children?: ReactNode
}

/** The graph or the ring, moved with pointer, wheel and keyboard. */
export function GraphCanvas({ shown, onSelect, onPlace, places, children }: GraphCanvasProps) {
  const surface = useRef<HTMLDivElement>(null)
  const drag = useRef<{ x: number; y: number; moved: boolean; node: string | undefined }>(undefined)
  const [hover, setHover] = useState<{ target: Target; x: number; y: number }>()
  const view = useGraphView(surface, useNodeStore())
  const size = useNode(state => state.topology?.nodes.length ?? 0)
  const links = useNode(state => state.topology?.edges.length ?? 0)
  useEffect(() => view.current?.show(shown), [view, shown])
  useEffect(() => {
    if (places === undefined) return
    places.current = id => view.current?.placeOf(id)
    return () => {
      places.current = undefined
    }
  }, [view, places])

  const onPointerDown = (event: PointerEvent) => {
    if (event.button !== 0) return
    event.currentTarget.setPointerCapture(event.pointerId)
    const target = view.current?.targetAt({ x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY })
    const node = onPlace !== undefined && view.current?.canDrag(target) ? target.id : undefined
    drag.current = { x: event.clientX, y: event.clientY, moved: false, node }
  }
  const letGo = () => {
    drag.current = undefined
    const dropped = view.current?.drop()
    if (dropped !== undefined) onPlace?.(dropped.id, dropped.place)
  }
  const onPointerMove = (event: PointerEvent) => {
    const point = { x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY }
    // Where the browser took the pointer away, nothing says that the button was let go.
    if (event.buttons === 0) letGo()
    const from = drag.current
    if (from !== undefined) {
      const [dx, dy] = [event.clientX - from.x, event.clientY - from.y]
      if (!from.moved && Math.hypot(dx, dy) < dragFrom) return
      drag.current = { ...from, x: event.clientX, y: event.clientY, moved: true }
      if (from.node === undefined) view.current?.panBy(dx, dy)
      else view.current?.drag(from.node, point)
      return
    }
    const target = view.current?.targetAt(point)
    view.current?.hover(target)
    setHover(target === undefined ? undefined : { target, ...point })
  }
  const onPointerUp = (event: PointerEvent) => {
    if (event.button !== 0) return
    const moved = drag.current?.moved ?? true
    letGo()
    if (moved) return
    const target = view.current?.targetAt({ x: event.nativeEvent.offsetX, y: event.nativeEvent.offsetY })
    onSelect(target?.kind === 'node' ? target.id : undefined)
  }
  const onLeave = () => {
    view.current?.hover(undefined)
    setHover(undefined)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    if (view.current === undefined) return
    const direction = directions[event.key]
    if (event.key === 'Escape') onSelect(undefined)
    else if (direction !== undefined && !event.shiftKey) {
      view.current.panBy(-direction[0] * panStep, -direction[1] * panStep)
    } else if (direction !== undefined || event.key === 'Enter') {
      const next = view.current.nodeTowards(...(direction ?? [0, 0]))
      if (next !== undefined) onSelect(next)
    } else if (zooms[event.key] !== undefined) zooms[event.key]?.(view.current)
    else return
    event.preventDefault()
  }
  return (
    <div className={styles.frame}>
      <div
        ref={surface}
        {...focusable}
        className={styles.surface}
        role="img"
        aria-label={
          shown.arrangement === 'graph' ? words.graphLabel({ nodes: size, links }) : words.ringLabel({ nodes: size })
        }
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={onPointerUp}
        onPointerCancel={letGo}
        onPointerLeave={onLeave}
        onKeyDown={onKeyDown}
      />
      {hover !== undefined && view.current !== undefined && (
        <p
          className={styles.hint}
          aria-hidden="true"
          style={{ transform: `translate(${hover.x + 14}px, ${hover.y + 14}px)` }}
        >
          {targetWords(hover.target, view.current.graph)}
        </p>
      )}
      <GraphTools
        onZoomIn={() => view.current?.zoomBy(zoomStep)}
        onZoomOut={() => view.current?.zoomBy(1 / zoomStep)}
        onFit={() => view.current?.fit()}
      />
      {children}
    </div>
  )
}

/** A picture that takes keys. */
const focusable = { tabIndex: 0 } as const

const directions: Record<string, readonly [number, number]> = {
  ArrowLeft: [-1, 0],
  ArrowRight: [1, 0],
  ArrowUp: [0, -1],
  ArrowDown: [0, 1],
}

const zooms: Record<string, (view: GraphView) => void> = {
  '+': view => view.zoomBy(zoomStep),
  '=': view => view.zoomBy(zoomStep),
  '-': view => view.zoomBy(1 / zoomStep),
  '0': view => view.fit(),
}
