import { obedience, orderFor, testHost } from './test-host.ts'

/**
 * A program for tests: a node whose engine is busy for good. Once the engine has its order, it prints the process id of
 * the engine and waits to be killed.
 */
const host = testHost({ definitions: [obedience] })
await host.run(orderFor({ do: 'echo', text: 'warm' }))
const onStarted = () => setImmediate(() => console.log(host.enginePids('obedience')[0]))
await host.run(orderFor({ do: 'block' }, { onStarted }))
