import { z } from 'zod'
import { createTestNode, ocrDraft } from './test-network.ts'

/** A worker in a process of its own, so that it can be killed. Takes its TestNodeInit as JSON; prints its peer id once announced. */
const init = z
  .object({ seeds: z.array(z.string()), workerTtlMs: z.number(), heartbeatIntervalMs: z.number() })
  .parse(JSON.parse(process.argv[2] ?? '{}'))
const node = await createTestNode(init)
await node.start()
node.directory.announcer.update(ocrDraft())
const keepAlive = setInterval(() => {
  if (node.directory.announcer.heldBy < 2) return
  clearInterval(keepAlive)
  process.stdout.write(`${node.host.peerId}\n`)
  setInterval(() => undefined, 60_000)
}, 20)
