import type { Box } from './fit.ts'

/** Tells where the elements with `data-covers` in a frame lie in it, in pixels, now and whenever they move; returns the stop. */
export function watchCovers(frame: HTMLElement, tell: (boxes: Box[]) => void): () => void {
  const covers = () => [...frame.querySelectorAll<HTMLElement>('[data-covers]')]
  // What is not displayed has no size.
  const look = () =>
    tell(
      covers()
        .filter(cover => cover.offsetWidth > 0)
        .map(cover => boxIn(frame, cover)),
    )
  const sizes = new ResizeObserver(look)
  const watch = () => {
    sizes.disconnect()
    for (const cover of covers()) sizes.observe(cover)
    look()
  }
  const comings = new MutationObserver(watch)
  comings.observe(frame, { childList: true })
  watch()
  return () => {
    sizes.disconnect()
    comings.disconnect()
  }
}

function boxIn(frame: HTMLElement, element: HTMLElement): Box {
  const [outer, inner] = [frame.getBoundingClientRect(), element.getBoundingClientRect()]
  const [left, top] = [inner.left - outer.left, inner.top - outer.top]
  return { left, top, right: left + inner.width, bottom: top + inner.height }
}
