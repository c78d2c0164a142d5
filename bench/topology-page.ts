/** What runs inside the page while the topology is measured. */

export interface Drawing {
  /** When the picture was cleared for a new frame; milliseconds since the page was asked for. */
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

/** Notes each frame that the canvas really draws. Runs before the page's own scripts. */
export function watchDrawing(): void {
  const drawing: Drawing = { frames: [], firstNodes: undefined, inputDelays: [] }
  window.drawing = drawing
  const context = CanvasRenderingContext2D.prototype
  const { fillRect, fill } = context
  context.fillRect = function (...area) {
    drawing.frames.push(performance.now())
    fillRect.apply(this, area)
  }
  context.fill = function (this: CanvasRenderingContext2D, ...path: unknown[]) {
    drawing.firstNodes ??= performance.now()
    Reflect.apply(fill, this, path)
  }
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
