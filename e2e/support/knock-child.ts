import { generateKeyPair } from '@libp2p/crypto/keys'
import { multiaddr } from '@multiformats/multiaddr'
import { createHost } from '../../src/main/dht/host.ts'
import { createLog, LogBuffer } from '../../src/main/log.ts'
import { second } from '../../src/shared/units.ts'

// Run where a node is: knocks at an address for a peer id, and says in one line who opened, or why nobody did.

const [networkId = '', address = ''] = process.argv.slice(2)
const log = createLog({ level: 'error', buffer: new LogBuffer() })
const privateKey = await generateKeyPair('Ed25519')
const port = { port: 0, explicit: true }
const host = await createHost(
  { privateKey, log },
  { networkId, port, listen: ['127.0.0.1'], mdns: false, mode: 'client' },
)
await host.start()
try {
  const { remotePeer } = await host.dial(multiaddr(address), AbortSignal.timeout(10 * second))
  console.log(JSON.stringify({ opened: remotePeer.toString() }))
} catch (error) {
  console.log(JSON.stringify({ failed: (error as Error).name }))
}
await host.stop()
process.exit()
