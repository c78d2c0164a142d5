import { loadAccessToken } from '../config/access-token.ts'
import { dataFolderPath } from '../config/data-folder.ts'
import { type Runtime, readAnsweringRuntime } from '../config/runtime-file.ts'
import { connectToNode, type NodeClient } from '../rpc/client.ts'
import { fromContractError } from '../rpc/contract-error.ts'

/** The node that runs on a data folder, as the command finds it. */
export interface RunningNode {
  dataFolder: string
  runtime: Runtime
  token: string
}

/** Rejects with NODE_NOT_RUNNING. */
export async function findRunningNode(chosen: string | undefined, env: NodeJS.ProcessEnv): Promise<RunningNode> {
  const dataFolder = dataFolderPath(chosen ?? env.RMA_DONOR_HOME)
  const runtime = await readAnsweringRuntime(dataFolder)
  return { dataFolder, runtime, token: await loadAccessToken(dataFolder) }
}

/** Asks the node over its RPC, and hangs up whatever comes of it. Rejects with the RmaErrors the node answers. */
export async function askNode<T>(node: RunningNode, ask: (rpc: NodeClient['rpc']) => Promise<T>): Promise<T> {
  const client = await connectToNode(node.runtime.rpcUrl, node.token)
  try {
    return await ask(client.rpc)
  } catch (error) {
    throw fromContractError(error)
  } finally {
    client.close()
  }
}
