import { CloudflareEdge } from './edge.ts'

// An edge in a process of its own, for a network namespace of its own. It ends with its channel.

const [folder = '', address] = process.argv.slice(2)
const edge = await CloudflareEdge.start(folder, address)
process.on('disconnect', () => process.exit())
process.send?.({ environment: edge.environment, program: await edge.cloudflared() })
