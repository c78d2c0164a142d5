import { type RefObject, useEffect, useRef } from 'react'
import type { NodeStore } from '../../store/node-store.ts'
import { GraphView } from './graph-view.ts'
import { watchCovers } from './watch-covers.ts'
import { watchPixelRatio } from './watch-pixel-ratio.ts'

/** The size of type that the drawing's own sizes are for, in pixels. */
const usualType = 16

/**
 * Keeps a view of the network in an element for as long as it is there, fed from the store without React. What has
 * `data-covers` in the element around it lies over the picture.
 */
export function useGraphView(
  surface: RefObject<HTMLElement | null>,
  store: NodeStore,
): RefObject<GraphView | undefined> {
  const view = useRef<GraphView>(undefined)
  useEffect(() => {
    const element = surface.current
    const frame = element?.parentElement
    if (!element || !frame) return
    const reducedMotion = matchMedia('(prefers-reduced-motion: reduce)').matches
    // A canvas can be handed over to a worker only once: each view has its own.
    const canvas = document.createElement('canvas')
    element.append(canvas)
    const created = new GraphView({ canvas, reducedMotion })
    view.current = created
    const stop = new AbortController()
    const unsubscribe = feed(created, store)
    const resize = () => {
      const zoom = Number.parseFloat(getComputedStyle(document.documentElement).fontSize) / usualType
      const size = { width: element.clientWidth, height: element.clientHeight }
      created.resize({ size, pixelRatio: devicePixelRatio, zoom })
    }
    const resized = new ResizeObserver(resize)
    resized.observe(element)
    watchPixelRatio(window, resize, stop.signal)
    const stopCovers = watchCovers(frame, boxes => created.cover(boxes))
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
      stopCovers()
      themed.disconnect()
      created.stop()
      canvas.remove()
    }
  }, [surface, store])
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
