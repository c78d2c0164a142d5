/** The subprotocol of the RPC's WebSocket. */
export const rpcProtocol = 'rma-donor'

/** By which a page shows its key, as a browser lets it set no header but this one. */
export const pageKeyProtocol = (key: string): string => `key.${key}`
