import { access } from 'node:fs/promises'
import { join } from 'node:path'
import { RmaError } from '../../shared/errors.ts'
import { type KeySeal, plainSeal } from '../config/identity.ts'
import type { Logger } from '../log.ts'
import type { ElectronApi } from './electron-api.ts'

const sealName = 'safe-storage'

/** What is known about the system's key store and the keys already there. */
export interface KeyStoreSituation {
  /** The system can encrypt for this user. */
  available: boolean
  /** Linux: which program keeps the key. `basic_text` is a fixed password, so no protection at all. */
  backend: string
  sealedKeyExists: boolean
  plainKeyExists: boolean
}

/**
 * How the node's key is kept. The system's key store protects it; a key that a headless node already keeps in the same
 * folder stays as it is, so that both remain one node; without a key store the file's mode alone protects it. A sealed
 * key that cannot be opened now is never replaced by a new identity.
 */
export function decideSeal(situation: KeyStoreSituation): 'safe-storage' | 'plain' | 'locked' {
  const trusted = situation.available && situation.backend !== 'basic_text'
  if (situation.sealedKeyExists) return situation.available ? 'safe-storage' : 'locked'
  return situation.plainKeyExists || !trusted ? 'plain' : 'safe-storage'
}

/** Rejects with IDENTITY_SEALED when there is a sealed key and no key store to open it with. */
export async function chooseSeal(
  { safeStorage, log }: { safeStorage: ElectronApi['safeStorage']; log: Logger },
  { dataFolder, platform }: { dataFolder: string; platform: NodeJS.Platform },
): Promise<KeySeal> {
  const path = join(dataFolder, `identity.${sealName}`)
  const situation = {
    available: await safeStorage.isAsyncEncryptionAvailable(),
    backend: platform === 'linux' ? safeStorage.getSelectedStorageBackend() : 'system',
    sealedKeyExists: await exists(path),
    plainKeyExists: await exists(join(dataFolder, `identity.${plainSeal.name}`)),
  }
  const decision = decideSeal(situation)
  if (decision === 'locked') {
    throw new RmaError(
      'IDENTITY_SEALED',
      `this node's key in ${path} was sealed by the system's key store, which is not available now: unlock it and start again`,
      { path },
    )
  }
  if (decision === 'safe-storage') return safeStorageSeal(safeStorage)
  if (!situation.plainKeyExists) {
    log.warn({ backend: situation.backend }, 'the system has no key store: the file mode alone protects the node key')
  }
  return plainSeal
}

/** Electron seals text, so the key passes as base64. */
function safeStorageSeal(safeStorage: ElectronApi['safeStorage']): KeySeal {
  return {
    name: sealName,
    seal: bytes => safeStorage.encryptStringAsync(Buffer.from(bytes).toString('base64')),
    unseal: async bytes => {
      const { result } = await safeStorage.decryptStringAsync(Buffer.from(bytes))
      return Buffer.from(result, 'base64')
    },
  }
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false
    throw error
  }
}
