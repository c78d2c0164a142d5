export interface Point {
  x: number
  y: number
}

/** Where the view looks: the world point in its middle, and pixels for each world unit. */
export interface Camera extends Point {
  scale: number
}

export interface Size {
  width: number
  height: number
}

export const smallestScale = 0.05
const largestScale = 6

export function toScreen(point: Point, camera: Camera, size: Size): Point {
  return {
    x: (point.x - camera.x) * camera.scale + size.width / 2,
    y: (point.y - camera.y) * camera.scale + size.height / 2,
  }
}

export function toWorld(point: Point, camera: Camera, size: Size): Point {
  return {
    x: (point.x - size.width / 2) / camera.scale + camera.x,
    y: (point.y - size.height / 2) / camera.scale + camera.y,
  }
}

/** Zooms by `factor` while what is under `anchor`, a point on the screen, stays there. */
export function zoomAt(camera: Camera, factor: number, anchor: Point, size: Size): Camera {
  const scale = Math.min(largestScale, Math.max(smallestScale, camera.scale * factor))
  const before = toWorld(anchor, camera, size)
  const after = toWorld(anchor, { ...camera, scale }, size)
  return { x: camera.x + before.x - after.x, y: camera.y + before.y - after.y, scale }
}

/** Moves by pixels of the screen. */
export function pan(camera: Camera, dx: number, dy: number): Camera {
  return { ...camera, x: camera.x - dx / camera.scale, y: camera.y - dy / camera.scale }
}

/** Distance of `point` from the line between `a` and `b`. */
export function distanceToSegment(point: Point, a: Point, b: Point): number {
  const [dx, dy] = [b.x - a.x, b.y - a.y]
  const length = dx * dx + dy * dy
  const along = length === 0 ? 0 : Math.min(1, Math.max(0, ((point.x - a.x) * dx + (point.y - a.y) * dy) / length))
  return Math.hypot(point.x - a.x - along * dx, point.y - a.y - along * dy)
}
