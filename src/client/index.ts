export { RmaClientError } from './client-error.ts'
export { RmaClient, type RmaClientInit, type ServiceRequestInit } from './rma-client.ts'
export { ServiceAnswer } from './service-answer.ts'
export type { Seed, Ticket, Topology, TopologyNode } from './shapes.ts'
