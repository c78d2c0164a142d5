/** A point on the globe, in degrees. */
export interface Point {
  latitude: number
  longitude: number
}

const earthRadiusKm = 6_371

/** Great-circle distance in kilometres (haversine formula). */
export function distanceKm(a: Point, b: Point): number {
  const [latA, latB, lonA, lonB] = [a.latitude, b.latitude, a.longitude, b.longitude].map(radians) as [
    number,
    number,
    number,
    number,
  ]
  const chord = haversine(latB - latA) + Math.cos(latA) * Math.cos(latB) * haversine(lonB - lonA)
  return 2 * earthRadiusKm * Math.asin(Math.min(1, Math.sqrt(chord)))
}

function haversine(angle: number): number {
  return Math.sin(angle / 2) ** 2
}

function radians(degrees: number): number {
  return (degrees * Math.PI) / 180
}
