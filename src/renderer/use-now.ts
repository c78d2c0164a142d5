import { useEffect, useState } from 'react'
import { type Milliseconds, second } from '../shared/units.ts'

/** The time, new each second while `running`: for countdowns and ages on the screen. */
export function useNow(running = true): Milliseconds {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    if (!running) return
    setNow(Date.now())
    const timer = setInterval(() => setNow(Date.now()), second)
    return () => clearInterval(timer)
  }, [running])
  return now
}
