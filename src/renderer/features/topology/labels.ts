import type { Point } from './geometry.ts'

export interface LabelCandidate extends Point {
  text: string
  /** Pixels. */
  width: number
  /** Of the node that it names, in pixels. */
  radius: number
  /** The more important of two labels that collide stays. */
  importance: number
  /** Drawn even where it covers something. */
  pinned: boolean
}

/** `x` is its middle, `y` its top. */
export interface PlacedLabel extends Point {
  text: string
}

interface Box {
  left: number
  right: number
  top: number
  bottom: number
}

export const labelHeight = 15
/** Between a node's load ring and its label. */
const gap = 8
const padding = 3

/** Puts each label under its node, else over or beside it, and leaves out those that find no free place. */
export function placeLabels(candidates: readonly LabelCandidate[]): PlacedLabel[] {
  const taken: Box[] = []
  const placed: PlacedLabel[] = []
  const discs = candidates.map(candidate => ({ candidate, box: discBox(candidate) }))
  for (const candidate of candidates.toSorted((a, b) => b.importance - a.importance)) {
    const options = positions(candidate)
    const free = options.find(option => {
      const box = labelBox(candidate, option)
      if (taken.some(other => overlap(box, other))) return false
      return discs.every(disc => disc.candidate === candidate || !overlap(box, disc.box))
    })
    const chosen = free ?? (candidate.pinned ? options[0] : undefined)
    if (chosen === undefined) continue
    taken.push(labelBox(candidate, chosen))
    placed.push({ text: candidate.text, ...chosen })
  }
  return placed
}

function positions({ x, y, radius, width }: LabelCandidate): Point[] {
  const aside = radius + gap + width / 2
  return [
    { x, y: y + radius + gap },
    { x, y: y - radius - gap - labelHeight },
    { x: x + aside, y: y - labelHeight / 2 },
    { x: x - aside, y: y - labelHeight / 2 },
  ]
}

function labelBox({ width }: LabelCandidate, { x, y }: Point): Box {
  const half = width / 2 + padding
  return { left: x - half, right: x + half, top: y - 1, bottom: y + labelHeight + 1 }
}

function discBox({ x, y, radius }: LabelCandidate): Box {
  const reach = radius + 2
  return { left: x - reach, right: x + reach, top: y - reach, bottom: y + reach }
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom
}
