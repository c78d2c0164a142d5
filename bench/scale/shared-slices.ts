import { registerHooks } from 'node:module'

// To be imported by a simulating process before anything else is loaded (--import): from then on CBOR is decoded into views
// of the bytes it came in, not into copies. A copy is memory outside of V8's heap, and after every 64 MiB of that V8 goes
// through the heap once more, of which ten thousand simulated nodes fill gigabytes.

const decoderOfBytes = '/cborg/lib/2bytes.js'

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context)
    if (!url.endsWith(decoderOfBytes)) return loaded
    const source = String(loaded.source)
    const shared = source.replace('data.slice(', 'data.subarray(')
    if (shared === source) throw new Error(`expected data.slice( in ${url}`)
    return { ...loaded, source: shared }
  },
})
