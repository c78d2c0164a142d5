/** A square drawing's side, and that of the picture made of it, in pixels. */
export interface Scale {
  from: number
  to: number
}

/** The pixels from `start` to `end`: both edges between two pixels, so that they are sharp, and at least one pixel apart. */
export function alignSpan(start: number, end: number, { from, to }: Scale): [number, number] {
  const [first, last] = [Math.round((start * to) / from), Math.round((end * to) / from)]
  return [first, Math.max(last, first + 1)]
}

/** As `alignSpan`, for something round: its width is kept, to the nearest pixel, and its middle where the drawing's is. */
export function alignRound(centre: number, radius: number, { from, to }: Scale): { centre: number; radius: number } {
  const middle = (centre * to) / from
  const width = (2 * radius * to) / from
  // Centred in the picture it can be only if both are even, or both odd.
  const isCentred = centre === from / 2
  const aligned = isCentred ? to - 2 * Math.round((to - width) / 2) : Math.max(1, Math.round(width))
  return { centre: Math.round(middle - aligned / 2) + aligned / 2, radius: aligned / 2 }
}

/**
 * Moves the edges of a drawing's rectangles and circles onto the pixels of a picture; everything else stays. Takes SVG
 * whose `rect` and `circle` elements give their attributes in the order x y width height, cx cy r.
 */
export function alignToPixels(svg: string, scale: Scale): string {
  const back = (pixels: number) => Number(((pixels * scale.from) / scale.to).toFixed(4))
  return svg
    .replace(/<rect x="([\d.]+)" y="([\d.]+)" width="([\d.]+)" height="([\d.]+)"/g, (_, ...attributes) => {
      const [x = 0, y = 0, width = 0, height = 0] = attributes.slice(0, 4).map(Number)
      const [left, right] = alignSpan(x, x + width, scale)
      const [top, bottom] = alignSpan(y, y + height, scale)
      return `<rect x="${back(left)}" y="${back(top)}" width="${back(right - left)}" height="${back(bottom - top)}"`
    })
    .replace(/<circle cx="([\d.]+)" cy="([\d.]+)" r="([\d.]+)"/g, (_, ...attributes) => {
      const [cx = 0, cy = 0, r = 0] = attributes.slice(0, 3).map(Number)
      const across = alignRound(cx, r, scale)
      const down = alignRoundDown(cy, across.radius, scale)
      return `<circle cx="${back(across.centre)}" cy="${back(down)}" r="${back(across.radius)}"`
    })
}

/** The middle of something round whose width in pixels is fixed already. */
function alignRoundDown(centre: number, radius: number, { from, to }: Scale): number {
  return Math.round((centre * to) / from - radius) + radius
}
