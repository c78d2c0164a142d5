/** What the APIs answer, as far as this client uses it. The OpenAPI documents say all of it. */

export interface Seed {
  node_id: string
  tunnel_url: string | null
  dht_port: number
  location: string | null
  multiaddrs: string[]
  envelope: string
}

export interface Topology {
  nodes: TopologyNode[]
  edges: { from: string; to: string; path: string; rtt_ms: number | null }[]
  /** Where each node stands in the key space, 0 up to 1. */
  dht_ring: { node_id: string; position: number }[]
}

export interface TopologyNode {
  node_id: string
  role: 'peer' | 'worker' | 'coordinator'
  services: string[]
  capabilities: { has_gpu: boolean; gpu_type: string | null; worker_type: string } | null
  load: number | null
  state: string | null
  location: string | null
  last_seen: number
}

export interface Ticket {
  tunnel_url: string
  ticket: string
  expires_at: number
}

/** Whether a value has these properties, of these types. */
export function hasShape<T>(value: unknown, shape: Record<string, 'array' | 'string' | 'number'>): value is T {
  if (typeof value !== 'object' || value === null) return false
  return Object.entries(shape).every(([name, type]) => {
    const property = (value as Record<string, unknown>)[name]
    return type === 'array' ? Array.isArray(property) : typeof property === type
  })
}
