// Loaded before a node to watch it from within: NODE_OPTIONS=--import=<this file>. It answers {begin: 'cost'} and {begin: 'delays'}
// once it has begun, and {end: …} with what came of it. Delays are measured by themselves: the timer for them takes 0.4 % of a
// processor.
import { subscribe } from 'node:diagnostics_channel'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const sampleEveryMs = 2_000
const resolutionMs = 10
const nanosecondsPerMs = 1e6

/** Sockets that are open, and what those that have closed had carried. */
const sockets = new Set()
const closed = { in: 0, out: 0 }

function watch({ socket }) {
  if (socket.remoteAddress === undefined && socket.connecting !== true) return
  sockets.add(socket)
  socket.once('close', () => {
    sockets.delete(socket)
    closed.in += socket.bytesRead
    closed.out += socket.bytesWritten
  })
}
subscribe('net.client.socket', watch)
subscribe('net.server.socket', watch)

function carried() {
  const sum = { ...closed }
  for (const socket of sockets) {
    sum.in += socket.bytesRead
    sum.out += socket.bytesWritten
  }
  return sum
}

let begun

function beginCost() {
  begun = { at: performance.now(), cpu: process.cpuUsage(), carried: carried(), rss: [process.memoryUsage.rss()] }
  begun.timer = setInterval(() => begun.rss.push(process.memoryUsage.rss()), sampleEveryMs)
  return {}
}

function endCost() {
  const { at, cpu, rss, carried: before, timer } = begun
  clearInterval(timer)
  const ms = performance.now() - at
  const { user, system } = process.cpuUsage(cpu)
  const after = carried()
  return {
    seconds: ms / 1_000,
    cpuMs: (user + system) / 1_000,
    rss,
    bytesIn: after.in - before.in,
    bytesOut: after.out - before.out,
  }
}

const delays = monitorEventLoopDelay({ resolution: resolutionMs })

function beginDelays() {
  delays.enable()
  delays.reset()
  return {}
}

function endDelays() {
  delays.disable()
  const late = nanoseconds => Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs)
  return { p99: late(delays.percentile(99)), max: late(delays.max) }
}

const answers = { begin: { cost: beginCost, delays: beginDelays }, end: { cost: endCost, delays: endDelays } }

if (process.send !== undefined) {
  process.on('message', message => {
    const answer = answers.begin[message?.begin] ?? answers.end[message?.end]
    if (answer !== undefined) process.send(answer())
  })
  process.channel?.unref()
}
