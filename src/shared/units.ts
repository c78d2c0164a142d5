/** Milliseconds, since the Unix epoch where it is a point in time. */
export type Milliseconds = number

export const millisecond = 1
export const second = 1_000 * millisecond
export const minute = 60 * second
export const hour = 60 * minute
export const day = 24 * hour

export const KiB = 1_024
export const MiB = 1_024 * KiB
