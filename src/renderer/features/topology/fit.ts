import { type Camera, type Point, type Size, smallestScale } from './geometry.ts'
import { labelHeight } from './labels.ts'
import { type ItemLook, nodePixels } from './node-look.ts'

/** Edges of something on the screen, in pixels from the upper left corner of the picture. */
export interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

/** What a picture is fitted for. */
export interface FitNode {
  readonly look: ItemLook
  /** World units. */
  readonly size: number
  /** Undefined until the layout has placed it. */
  readonly place: Point | undefined
}

/** A few nodes are not blown up to fill a picture of this height, in pixels; a larger one is filled as far. */
const closestFit = 1.6
const closestFitHeight = 800
/** Between what is drawn and what bounds it, in pixels. */
const margin = 12
/** Between a node's rim and the outer edge of its load ring, in pixels. */
const rim = 6
/** Half of a usual name, in pixels. */
const halfName = 34
/** This machine stays in the middle unless the picture can be so much larger beside what lies over it. */
const worthMoving = 0.9
/** What lies over the picture makes it no smaller than this share: a list open in a small window would leave nothing. */
const coveredShare = 0.5

/**
 * The camera that shows all nodes with their rings and names, outside of what lies over the picture, and does not blow up a
 * few. The world's middle is in the middle of the picture, or of what is left of it beside, above or below a cover.
 */
export function fitCamera(nodes: readonly FitNode[], size: Size, covers: readonly Box[]): Camera {
  const whole: Box = { left: 0, right: size.width, top: 0, bottom: size.height }
  const closest = closestFit * Math.max(1, Math.min(size.width, size.height) / closestFitHeight)
  const free = largestScale(nodes, middleOf(whole), closest, box => isWithin(box, whole))
  const views = [whole, ...covers.flatMap(cover => besides(cover, whole))].map(view => {
    const middle = middleOf(view)
    const isRight = (box: Box) => isWithin(box, whole) && !covers.some(cover => overlaps(box, cover))
    return { middle, scale: largestScale(nodes, middle, closest, isRight) }
  })
  const best = Math.max(...views.map(({ scale }) => scale))
  const chosen = views.find(({ scale }) => scale >= best * worthMoving)
  if (chosen === undefined || best < free * coveredShare) return { x: 0, y: 0, scale: free * coveredShare }
  const { middle, scale } = chosen
  return { x: (size.width / 2 - middle.x) / scale, y: (size.height / 2 - middle.y) / scale, scale }
}

/** What is left of a picture above or below a cover, and on one side of it: the larger part of each. */
function besides({ left, right, top, bottom }: Box, whole: Box): Box[] {
  const upright = top > whole.bottom - bottom ? { ...whole, bottom: top } : { ...whole, top: bottom }
  const across = left > whole.right - right ? { ...whole, right: left } : { ...whole, left: right }
  return [upright, across]
}

function middleOf({ left, right, top, bottom }: Box): Point {
  return { x: (left + right) / 2, y: (top + bottom) / 2 }
}

/** The largest scale up to `limit` at which all nodes around a middle are drawn where it is right to. */
function largestScale(nodes: readonly FitNode[], middle: Point, limit: number, isRight: (box: Box) => boolean): number {
  let largest = limit
  for (const node of nodes) {
    const { place } = node
    if (place === undefined || isRight(boxOf(node, place, largest, middle))) continue
    // What is right at a scale is so at smaller ones: all moves towards the middle, and shrinks.
    let [low, high] = [smallestScale, largest]
    while (high / low > 1.002) {
      const between = Math.sqrt(low * high)
      if (isRight(boxOf(node, place, between, middle))) low = between
      else high = between
    }
    largest = low
  }
  return largest
}

/** Where a node is drawn at a scale, its ring and the name under it included. */
function boxOf(node: FitNode, place: Point, scale: number, middle: Point): Box {
  const [x, y] = [place.x * scale + middle.x, place.y * scale + middle.y]
  const reach = nodePixels(node.look, node.size, scale) + rim
  const aside = Math.max(reach, halfName)
  return { left: x - aside, right: x + aside, top: y - reach, bottom: y + reach + labelHeight }
}

function isWithin({ left, right, top, bottom }: Box, whole: Box): boolean {
  if (left < whole.left + margin || top < whole.top + margin) return false
  return right <= whole.right - margin && bottom <= whole.bottom - margin
}

function overlaps(box: Box, cover: Box): boolean {
  const [x, y] = [
    Math.min(box.right, cover.right) - Math.max(box.left, cover.left),
    Math.min(box.bottom, cover.bottom) - Math.max(box.top, cover.top),
  ]
  return x > -margin && y > -margin
}
