/** The part of hyperdht that the benchmark uses; the package has no types of its own. */
declare module 'hyperdht' {
  interface KeyPair {
    publicKey: Buffer
    secretKey: Buffer
  }

  interface LookupReply {
    peers: { publicKey: Buffer }[]
  }

  interface Query extends AsyncIterable<LookupReply> {
    finished(): Promise<void>
  }

  export default class HyperDHT {
    static keyPair(): KeyPair
    announce(topic: Buffer, keyPair: KeyPair): Query
    lookup(topic: Buffer): Query
  }
}

declare module 'hyperdht/testnet.js' {
  import type HyperDHT from 'hyperdht'

  export default function createTestnet(
    size: number,
  ): Promise<{ nodes: [HyperDHT, ...HyperDHT[]]; destroy(): Promise<void> }>
}
