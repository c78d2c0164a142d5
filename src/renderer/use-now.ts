import { useEffect, useState } from 'react'
import { type Milliseconds, second } from '../shared/units.ts'

/** One clock for the whole window: two countdowns of the same deadline never differ. */
const listeners = new Set<(now: Milliseconds) => void>()
let ticking: { timer: ReturnType<typeof setInterval>; now: Milliseconds } | undefined

function tick(): void {
  if (ticking === undefined) return
  ticking.now = Date.now()
  for (const listener of listeners) listener(ticking.now)
}

function listen(listener: (now: Milliseconds) => void): () => void {
  listeners.add(listener)
  ticking ??= { timer: setInterval(tick, second), now: Date.now() }
  listener(ticking.now)
  return () => {
    listeners.delete(listener)
    if (listeners.size > 0) return
    clearInterval(ticking?.timer)
    ticking = undefined
  }
}

/** The time, new each second while `running`: for countdowns and ages on the screen. */
export function useNow(running = true): Milliseconds {
  const [now, setNow] = useState(() => ticking?.now ?? Date.now())
  useEffect(() => (running ? listen(setNow) : undefined), [running])
  return now
}
