import type { Rectangle } from 'electron'

/** Least part of a window, in pixels each way, that must lie on a display for it to be found and moved. */
const graspable = 64

/**
 * Where a window that was last at `saved` opens now: there, if enough of it lies on a display; on the first display's
 * middle otherwise, no larger than that. Without a saved place the system chooses.
 */
export function placeOnDisplays(saved: Rectangle | undefined, workAreas: readonly Rectangle[]): Rectangle | undefined {
  const home = workAreas[0]
  if (saved === undefined || home === undefined) return undefined
  if (workAreas.some(area => isGraspable(saved, area))) return saved
  const width = Math.min(saved.width, home.width)
  const height = Math.min(saved.height, home.height)
  return {
    x: home.x + Math.round((home.width - width) / 2),
    y: home.y + Math.round((home.height - height) / 2),
    width,
    height,
  }
}

/** The title bar is what a window is moved by, so its top edge must be on the display. */
function isGraspable(window: Rectangle, area: Rectangle): boolean {
  const visibleWidth = Math.min(window.x + window.width, area.x + area.width) - Math.max(window.x, area.x)
  return visibleWidth >= graspable && window.y >= area.y && window.y + graspable <= area.y + area.height
}
