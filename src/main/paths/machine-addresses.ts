import { networkInterfaces } from 'node:os'

/** The IP addresses of this machine's network cards. */
export function machineAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap(card => card?.map(({ address }) => address) ?? [])
}
