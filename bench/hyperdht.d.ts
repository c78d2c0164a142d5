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
    constructor(options: { bootstrap: { host: string; port: number }[]; host: string; ephemeral: boolean })
    static keyPair(): KeyPair
    fullyBootstrapped(): Promise<void>
    announce(topic: Buffer, keyPair: KeyPair): Query
    lookup(topic: Buffer): Query
    mutablePut(keyPair: KeyPair, value: Uint8Array, options: { seq: number }): Promise<unknown>
    mutableGet(publicKey: Buffer): Promise<{ seq: number; value: Buffer } | null>
    destroy(): Promise<void>
  }
}

declare module 'hyperdht/testnet.js' {
  import type HyperDHT from 'hyperdht'

  export default function createTestnet(size: number): Promise<{
    nodes: HyperDHT[]
    bootstrap: { host: string; port: number }[]
    destroy(): Promise<void>
  }>
}
