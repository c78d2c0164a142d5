import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys'
import type { Ed25519PrivateKey } from '@libp2p/interface'
import { RmaError } from '../../shared/errors.ts'
import { writeFileDurably } from './durable-file.ts'
import { readBytesIfPresent } from './read-if-present.ts'

/** Protects the key at rest; on the desktop the system's key store does. */
export interface KeySeal {
  /** Tells sealed files apart from plain ones: they get the name `identity.<name>`. */
  name: string
  seal(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
  unseal(bytes: Uint8Array): Uint8Array | Promise<Uint8Array>
}

/** No protection but the file's mode: for servers, and desktops without a key store. */
export const plainSeal: KeySeal = { name: 'key', seal: bytes => bytes, unseal: bytes => bytes }

/** Files that hold a key under any seal; what a crash left of writing one ends in `.tmp`. */
const identityFile = /^identity\.[a-z-]+$/

/**
 * The node's Ed25519 key: made once, kept in the data folder with mode 0600, never sent. A new identity is never made
 * over or beside an old one: rejects with IDENTITY_CORRUPT when the file is there but holds no such key, and with
 * IDENTITY_SEALED when the folder's key is under another seal.
 */
export async function loadIdentity(dataFolder: string, seal: KeySeal = plainSeal): Promise<Ed25519PrivateKey> {
  const path = join(dataFolder, `identity.${seal.name}`)
  const stored = await readBytesIfPresent(path)
  if (stored === undefined) {
    await expectNoOther(dataFolder)
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

async function expectNoOther(dataFolder: string): Promise<void> {
  const other = (await readdir(dataFolder)).find(name => identityFile.test(name))
  if (other === undefined) return
  const path = join(dataFolder, other)
  throw new RmaError(
    'IDENTITY_SEALED',
    `this node's key is in ${path}, which only the desktop app can open: start the app, choose another data folder, or move that file away to get a new identity`,
    { path },
  )
}
