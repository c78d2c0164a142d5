import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import { writeFileDurably } from './durable-file.ts'

/** Protects the key at rest; on the desktop the system's key store does. */
export interface KeySeal {
  /** Tells sealed files apart from plain ones: they get the name `identity.<name>`. */
  name: string
  seal(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  unseal(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** No protection but the file's mode: for servers, and desktops without a key store. */
export const plainSeal: KeySeal = { name: 'key', seal: bytes => bytes, unseal: bytes => bytes }

/**
 * The node's Ed25519 key: made once, kept in the data folder with mode 0600, never sent. Rejects with IDENTITY_CORRUPT
 * when the file is there but holds no such key: a new identity is never made over an old one.
 */
export async function loadIdentity(dataFolder: string, seal: KeySeal = plainSeal): Promise<Ed25519PrivateKey> {
  const path = join(dataFolder, `identity.${seal.name}`)
  const stored = await readBytes(path)
  if (stored === undefined) {
    const key = await generateKeyPair('Ed25519')
    await writeFileDurably(path, await seal.seal(privateKeyToProtobuf(key)))
    return key
  }
  try {
    const key = privateKeyFromProtobuf(await seal.unseal(stored))
    if (key.type !== 'Ed25519') throw new Error(`it holds a key of type ${key.type}`)
    return key
  } catch (cause) {
    throw new RmaError(
      'IDENTITY_CORRUPT',
      `${path} should hold this node's Ed25519 key but does not: ${(cause as Error).message}. Restore it from a backup, or move it away to get a new identity.`,
      { path },
      { cause },
    )
  }
}

async function readBytes(path: string): Promise<Uint8Array | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
