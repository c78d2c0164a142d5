import { createORPCClient } from '@orpc/client'
import { RPCLink } from '@orpc/client/websocket'
import type { ContractRouterClient } from '@orpc/contract'
import { WebSocket } from 'ws'
import type { Contract } from '../../shared/contract/index.ts'
import { RmaError } from '../../shared/errors.ts'
import { type Milliseconds, second } from '../../shared/units.ts'

/** A running node, as a program on the same machine talks to it. */
export interface NodeClient {
  readonly rpc: ContractRouterClient<Contract>
  close(): void
}

/**
 * Connects to a running node's RPC. Rejects with NODE_NOT_RUNNING when nobody answers there, UNAUTHORIZED when the token
 * is not its own.
 */
export async function connectToNode(
  url: string,
  token: string,
  { timeoutMs = 5 * second }: { timeoutMs?: Milliseconds } = {},
): Promise<NodeClient> {
  const socket = new WebSocket(url, {
    headers: { authorization: `Bearer ${token}` },
    handshakeTimeout: timeoutMs,
    perMessageDeflate: false,
  })
  await opened(socket, url)
  const link = new RPCLink({ websocket: socket as unknown as globalThis.WebSocket })
  return { rpc: createORPCClient(link), close: () => socket.close() }
}

function opened(socket: WebSocket, url: string): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('open', () => {
      socket.on('error', () => socket.terminate())
      resolve()
    })
    socket.once('unexpected-response', (request, response) => {
      request.destroy()
      reject(refusal(response.statusCode ?? 0, url))
    })
    socket.once('error', cause =>
      reject(new RmaError('NODE_NOT_RUNNING', `no node answers at ${url}: ${cause.message}`, { url }, { cause })),
    )
  })
}

function refusal(status: number, url: string): RmaError {
  if (status === 401 || status === 403) {
    return new RmaError('UNAUTHORIZED', `the node at ${url} does not accept this token`, { url, status })
  }
  return new RmaError('NODE_NOT_RUNNING', `expected a node at ${url}, got HTTP status ${status}`, { url, status })
}
