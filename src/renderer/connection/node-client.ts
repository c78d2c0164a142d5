import type { ContractRouterClient } from '@orpc/contract'
import type { Contract } from '../../shared/contract/index.ts'

/** The node as the pages know it: one typed function for each procedure of the contract. */
export type NodeClient = ContractRouterClient<Contract>

/** One open line to the node. `closed` settles when the other end is gone. */
export interface Line {
  client: NodeClient
  closed: Promise<void>
  close(): void
}

/** Opens lines to the node; the rest of the page cannot tell which kind it has. */
export interface Transport {
  open(signal: AbortSignal): Promise<Line>
}
