import { createContext, type ReactNode, useCallback, useContext } from 'react'
import { useStore } from 'zustand'
import type { Connection } from '../connection/connection.ts'
import type { NodeClient } from '../connection/node-client.ts'
import type { NodeState, NodeStore } from './node-store.ts'

interface NodeParts {
  store: NodeStore
  connection: Connection
}

const NodeContext = createContext<NodeParts | undefined>(undefined)

export function NodeProvider({ store, connection, children }: NodeParts & { children: ReactNode }) {
  return <NodeContext value={{ store, connection }}>{children}</NodeContext>
}

function useParts(): NodeParts {
  const parts = useContext(NodeContext)
  if (parts === undefined) throw new Error('expected a NodeProvider around this component')
  return parts
}

/** Part of the newest snapshot; the component is drawn again when that part changes. */
export function useNode<T>(select: (state: NodeState) => T): T {
  return useStore(useParts().store, select)
}

/** The store itself, for drawing that must not go through React. */
export function useNodeStore(): NodeStore {
  return useParts().store
}

/** Asks something of the node over the line that is open then, and rejects when none is; always the same function. */
export function useAsk(): <T>(ask: (client: NodeClient) => Promise<T>) => Promise<T> {
  const { connection } = useParts()
  return useCallback(async ask => ask(connection.client), [connection])
}

/** Tries the line again at once. */
export function useRetryNow(): () => void {
  return useParts().connection.retryNow
}
