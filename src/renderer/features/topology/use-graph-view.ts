import { type RefObject, useEffect, useRef } from 'react'
import type { NodeStore } from '../../store/node-store.ts'
import { GraphView } from './graph-view.ts'

/** The size of type that the drawing's own sizes are for, in pixels. */
const usualType = 16

/** Keeps a view of the network on a canvas for as long as the canvas is there, fed from the store without React. */
export function useGraphView(
  canvas: RefObject<HTMLCanvasElement | null>,
  store: NodeStore,
): RefObject<GraphView | undefined> {
  const view = useRef<GraphView>(undefined)
  useEffect(() => {
    const element = canvas.current
    if (element === null) return
    const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches
    const created = new GraphView({ canvas: element, reducedMotion })
    view.current = created
    const stop = new AbortController()
    const unsubscribe = feed(created, store)
    const resized = new ResizeObserver(() => {
      const zoom = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / usualType
      const size = { width: element.clientWidth, height: element.clientHeight }
      created.resize(size, { pixelRatio: devicePixelRatio, zoom })
    })
    resized.observe(element)
    // Colours and words alike are asked for anew.
    const onTheme = () => created.themeChanged()
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', onTheme, { signal: stop.signal })
    const themed = new MutationObserver(onTheme)
    themed.observe(document.documentElement, { attributes: true, attributeFilter: ['data-theme', 'lang'] })
    // React's own wheel listener is passive, and the page must not scroll while the picture zooms.
    const onWheel = (event: WheelEvent) => {
      event.preventDefault()
      created.zoomBy(Math.exp(-event.deltaY * 0.0015), { x: event.offsetX, y: event.offsetY })
    }
    element.addEventListener('wheel', onWheel, { passive: false, signal: stop.signal })
    return () => {
      stop.abort()
      unsubscribe()
      resized.disconnect()
      themed.disconnect()
      created.stop()
    }
  }, [canvas, store])
  return view
}

function feed(view: GraphView, store: NodeStore): () => void {
  const { topology, jobs } = store.getState()
  if (topology !== undefined) view.setTopology(topology)
  if (jobs !== undefined) view.setJobs(jobs)
  return store.subscribe((state, before) => {
    if (state.topology !== undefined && state.topology !== before.topology) view.setTopology(state.topology)
    if (state.jobs !== undefined && state.jobs !== before.jobs) view.setJobs(state.jobs)
  })
}
