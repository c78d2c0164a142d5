import type { Position } from '../directory/keys.ts'

/** The bucket of Kademlia that `other` lies in, seen from `self`: how many leading bits they have in common, 0 to 256. */
export function bucketOf(self: Position, other: Position): number {
  for (const [index, byte] of self.entries()) {
    const difference = byte ^ Number(other[index])
    if (difference !== 0) return index * 8 + Math.clz32(difference) - 24
  }
  return self.length * 8
}

/** A random place in one of `self`'s buckets. */
export function randomPlaceIn(bucket: number, self: Position, random: () => number = Math.random): Position {
  const place = Uint8Array.from(self, () => Math.floor(random() * 256))
  for (let bit = 0; bit <= bucket && bit < self.length * 8; bit++) {
    const byte = bit >> 3
    const mask = 0x80 >> (bit & 7)
    const own = Number(self[byte]) & mask
    const wanted = bit === bucket ? own ^ mask : own
    place[byte] = (Number(place[byte]) & ~mask) | wanted
  }
  return place
}
