import { z } from 'zod'
import type { Point } from './geometry.ts'

/** Nodes that are kept in sight, by peer id: each stands for itself, named, at the place in the world it was put. */
export type Pins = ReadonlyMap<string, Point>

export const noPins: Pins = new Map()

const storageKey = 'rma-donor.pinned-nodes'
/** A few landmarks: more would be noise, and storage is not for lists of strangers. */
export const pinLimit = 50

const coordinate = z.number().min(-1e6).max(1e6)
const storedSchema = z.array(z.tuple([z.string().max(64), coordinate, coordinate])).max(pinLimit)

/** The pins with one more, the oldest giving way where there are too many; without a place it is taken out. */
export function withPin(pins: Pins, peerId: string, place: Point | undefined): Pins {
  const others = [...pins].filter(([id]) => id !== peerId)
  return new Map(place === undefined ? others : [...others, [peerId, place] as const].slice(-pinLimit))
}

/** A place for a node that stands nowhere yet: around the middle, away from the pins before. */
export function freePlace(pins: Pins): Point {
  const angle = pins.size * 2.4
  return { x: 170 * Math.cos(angle), y: 170 * Math.sin(angle) }
}

/** What the browser has kept; nothing where it keeps nothing, or something else. */
export function readPins(storage: Pick<Storage, 'getItem'>): Pins {
  try {
    const stored = storedSchema.parse(JSON.parse(storage.getItem(storageKey) ?? '[]'))
    return new Map(stored.map(([id, x, y]) => [id, { x, y }]))
  } catch {
    return new Map()
  }
}

export function keepPins(storage: Pick<Storage, 'setItem'>, pins: Pins): void {
  storage.setItem(storageKey, JSON.stringify([...pins].map(([id, { x, y }]) => [id, Math.round(x), Math.round(y)])))
}
