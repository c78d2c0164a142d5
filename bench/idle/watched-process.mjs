// Loaded before a node to watch it from within: NODE_OPTIONS=--import=<this file>. It answers {measure: 'begin'} once it has
// begun, and {measure: 'end'} with what came of it.
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

const delays = monitorEventLoopDelay({ resolution: resolutionMs })
let begun

function begin() {
  begun = { at: performance.now(), cpu: process.cpuUsage(), carried: carried(), rss: [process.memoryUsage.rss()] }
  begun.timer = setInterval(() => begun.rss.push(process.memoryUsage.rss()), sampleEveryMs)
  delays.enable()
  delays.reset()
  return {}
}

function end() {
  const { at, cpu, rss, carried: before, timer } = begun
  clearInterval(timer)
  const ms = performance.now() - at
  const { user, system } = process.cpuUsage(cpu)
  const after = carried()
  const late = nanoseconds => Math.max(0, nanoseconds / nanosecondsPerMs - resolutionMs)
  return {
    seconds: ms / 1_000,
    cpuMs: (user + system) / 1_000,
    rss,
    bytesIn: after.in - before.in,
    bytesOut: after.out - before.out,
    delayP99: late(delays.percentile(99)),
    delayMax: late(delays.max),
  }
}

if (process.send !== undefined) {
  process.on('message', message => {
    if (message?.measure === 'begin') process.send(begin())
    else if (message?.measure === 'end') process.send(end())
  })
  process.channel?.unref()
}
