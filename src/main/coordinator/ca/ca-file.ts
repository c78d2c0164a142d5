import { join } from 'node:path'
import { RmaError } from '../../../shared/errors.ts'
import { type CaKey, generateCaKey, readCaKey } from '../../../shared/membership/ca-key.ts'
import { writeFileDurably } from '../../config/durable-file.ts'
import { readIfPresent } from '../../config/read-if-present.ts'

const pathOf = (dataFolder: string) => join(dataFolder, 'ca.json')

/** The CA key of this folder, where it has one. Rejects with CA_UNUSABLE. */
export async function findCaKey(dataFolder: string): Promise<CaKey | undefined> {
  const path = pathOf(dataFolder)
  const text = await readIfPresent(path)
  if (text === undefined) return undefined
  try {
    return readCaKey(JSON.parse(text))
  } catch (cause) {
    const message = `${path} should hold the network's CA key but does not: ${(cause as Error).message}. Restore it from a backup; a new key would be a new network.`
    throw new RmaError('CA_UNUSABLE', message, { path }, { cause })
  }
}

/** The CA key of this folder, readable by its owner alone: made the first time, the same ever after. */
export async function loadCaKey(dataFolder: string): Promise<CaKey> {
  const stored = await findCaKey(dataFolder)
  if (stored !== undefined) return stored
  const key = await generateCaKey()
  await saveCaKey(dataFolder, key)
  return key
}

/** Never writes over another key: rejects with CA_UNUSABLE. */
export async function saveCaKey(dataFolder: string, key: CaKey): Promise<void> {
  const present = await findCaKey(dataFolder)
  if (present?.publicKey === key.publicKey) return
  if (present !== undefined)
    throw new RmaError('CA_UNUSABLE', `${pathOf(dataFolder)} holds the key of another CA: choose another data folder`)
  await writeFileDurably(pathOf(dataFolder), `${JSON.stringify(key.privateJwk)}\n`)
}
