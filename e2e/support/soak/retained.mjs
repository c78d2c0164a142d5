// Loaded before a node to see from within what it holds: NODE_OPTIONS=--import=<this file>. It answers {look: true} with what
// is left of its heap after a collection, and with what keeps it going.
import { readdirSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

const bytesInMiB = 1_048_576

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc')

async function look() {
  const { rss } = process.memoryUsage()
  collect()
  // What finalizers let go of goes with the second.
  await new Promise(resolve => setImmediate(resolve))
  collect()
  const { heapUsed, external } = process.memoryUsage()
  return {
    rssMiB: rss / bytesInMiB,
    retainedMiB: (heapUsed + external) / bytesInMiB,
    // Sockets, timers, pipes, threads: whatever keeps the process going.
    resources: process.getActiveResourcesInfo().length,
    fds: readdirSync('/proc/self/fd').length,
  }
}

if (process.send !== undefined) {
  process.on('message', message => {
    if (message?.look === true) void look().then(figures => process.send(figures))
  })
  process.channel?.unref()
}
