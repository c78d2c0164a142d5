/** What runs inside the page and its painter while the topology is measured. */

export interface Drawing {
  /** When the painter began a new frame; milliseconds since the page was asked for. */
  frames: number[]
  /** When nodes were first drawn. */
  firstNodes: number | undefined
  inputDelays: number[]
}

declare global {
  interface Window {
    drawing: Drawing
  }
}

/** Name of the channel over which the painter tells when it drew: milliseconds since 1970. */
const channelName = 'drawing'

/** The scripts' text for `watchPainter` and `watchDrawing`, which run elsewhere than this module. */
export const scripts = {
  painter: `(${watchPainter})('${channelName}')`,
  page: `(${watchDrawing})('${channelName}')`,
}

/** Tells of each frame that the painter really draws. Runs in its worker, before the painter's own script. */
function watchPainter(channel: string): void {
  const drawing = new BroadcastChannel(channel)
  const now = () => performance.timeOrigin + performance.now()
  const context = OffscreenCanvasRenderingContext2D.prototype
  const { fillRect, fill } = context
  context.fillRect = function (...area) {
    drawing.postMessage({ frame: now() })
    fillRect.apply(this, area)
  }
  let first = true
  context.fill = function (this: OffscreenCanvasRenderingContext2D, ...path: unknown[]) {
    if (first) drawing.postMessage({ nodes: now() })
    first = false
    Reflect.apply(fill, this, path)
  }
}

/** Notes what the painter tells, and how late inputs come. Runs before the page's own scripts. */
function watchDrawing(channel: string): void {
  const drawing: Drawing = { frames: [], firstNodes: undefined, inputDelays: [] }
  window.drawing = drawing
  new BroadcastChannel(channel).addEventListener('message', ({ data: { frame, nodes } }) => {
    if (frame !== undefined) drawing.frames.push(frame - performance.timeOrigin)
    if (nodes !== undefined) drawing.firstNodes ??= nodes - performance.timeOrigin
  })
  for (const type of ['pointermove', 'wheel']) {
    const note = (event: Event) => drawing.inputDelays.push(performance.now() - event.timeStamp)
    window.addEventListener(type, note, { capture: true, passive: true })
  }
}

/** Zooms and pans the picture anew for each frame; the milliseconds between frames that were drawn. */
export async function movePicture(forMs: number): Promise<number[]> {
  const canvas = document.querySelector('canvas')
  if (canvas === null) throw new Error('expected a canvas on the page')
  const box = canvas.getBoundingClientRect()
  const middle = { clientX: box.x + box.width / 2, clientY: box.y + box.height / 2, bubbles: true, cancelable: true }
  const start = performance.now()
  window.drawing.frames.length = 0
  for (let step = 0; performance.now() - start < forMs; step++) {
    await new Promise(requestAnimationFrame)
    const way = step % 40 < 20 ? 1 : -1
    if (step % 80 < 40) canvas.dispatchEvent(new WheelEvent('wheel', { ...middle, deltaY: 12 * way }))
    else
      canvas.dispatchEvent(new KeyboardEvent('keydown', { key: way > 0 ? 'ArrowLeft' : 'ArrowRight', bubbles: true }))
  }
  return window.drawing.frames.flatMap((at, index, all) => (index === 0 ? [] : at - (all[index - 1] ?? at)))
}
