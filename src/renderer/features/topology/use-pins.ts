import { useCallback, useState } from 'react'
import type { Point } from './geometry.ts'
import { keepPins, type Pins, readPins, withPin } from './pins.ts'

/** The pinned nodes, kept in this browser. */
export function usePins(): { pins: Pins; pin: (peerId: string, place: Point | undefined) => void } {
  const [pins, setPins] = useState(() => readPins(localStorage))
  const pin = useCallback((peerId: string, place: Point | undefined) => {
    setPins(before => {
      const after = withPin(before, peerId, place)
      keepPins(localStorage, after)
      return after
    })
  }, [])
  return { pins, pin }
}
