// Loaded before a program to put its clock wrong, as that of a machine can be: NODE_OPTIONS=--import=<this file>.
// The message {turnMs} over the program's channel turns it further ahead, as for a machine that has slept: what has become
// due meanwhile happens at once, each timer one time.
import { syncBuiltinESMExports } from 'node:module'
import os from 'node:os'

const rightNow = Date.now.bind(Date)
const RightDate = Date
let aheadMs = Number(process.env.TEST_CLOCK_AHEAD_MS ?? 0)

Date.now = () => rightNow() + aheadMs
globalThis.Date = new Proxy(RightDate, {
  construct: (target, args) => (args.length === 0 ? new target(rightNow() + aheadMs) : new target(...args)),
  apply: () => new RightDate(rightNow() + aheadMs).toString(),
})

// A machine's sleep counts as time that it has been up; how wrong its clock was from the start does not.
let turnedMs = 0
const rightUptime = os.uptime
os.uptime = () => rightUptime() + turnedMs / 1_000
syncBuiltinESMExports()

/** Shorter ones ring soon enough by themselves. */
const shortestMs = 1_000
const waiting = new Map()
const { setTimeout: rightTimeout, setInterval: rightInterval } = globalThis

function watched(start, repeats) {
  const watching = (action, delayMs = 0, ...args) => {
    const ring = () => {
      if (!repeats) waiting.delete(timer)
      action(...args)
    }
    const timer = start(ring, delayMs)
    if (delayMs >= shortestMs) waiting.set(timer, { at: Date.now() + delayMs, delayMs, ring, repeats })
    return timer
  }
  return Object.defineProperties(watching, Object.getOwnPropertyDescriptors(start))
}
globalThis.setTimeout = watched(rightTimeout, false)
globalThis.setInterval = watched(rightInterval, true)

function turn(byMs) {
  aheadMs += byMs
  turnedMs += byMs
  const due = [...waiting].filter(([, { at }]) => at <= Date.now()).sort(([, a], [, b]) => a.at - b.at)
  for (const [timer, entry] of due) {
    // Whatever rang before may have stopped it.
    if (timer._destroyed) waiting.delete(timer)
    else if (entry.repeats) {
      entry.at = Date.now() + entry.delayMs
      entry.ring()
    } else {
      clearTimeout(timer)
      entry.ring()
    }
  }
}

if (process.send !== undefined) {
  process.on('message', message => {
    if (typeof message?.turnMs !== 'number') return
    turn(message.turnMs)
    process.send({ turned: message.turnMs })
  })
  process.channel?.unref()
}
