import { measureRegistry } from './registry-memory.ts'

// A process of its own: in that of a simulation records are not decoded as in a node.

process.once('disconnect', () => process.exit())
process.send?.({ kind: 'memory', MiB: await measureRegistry(Number(process.argv[2])) })
