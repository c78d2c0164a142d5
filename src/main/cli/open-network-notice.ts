import { access, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { askNode, type RunningNode } from './running-node.ts'

const marker = 'open-network-notice'

/**
 * What to tell the user before the first request of this data folder goes out to an open network: undefined once it has
 * been said, and on networks with members.
 */
export async function openNetworkNotice(node: RunningNode): Promise<string | undefined> {
  const path = join(node.dataFolder, marker)
  if (await exists(path)) return undefined
  const { self } = await askNode(node, rpc => rpc.status.get())
  if (!self.network.open) return undefined
  // Where it cannot be noted, it is said again: better than not to send the request.
  await writeFile(path, '', { mode: 0o600 }).catch(() => undefined)
  return `The network "${self.network.name}" is open: whoever donates to it may read what you send. (Said once.)`
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path)
    return true
  } catch {
    return false
  }
}
