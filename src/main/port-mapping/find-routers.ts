import { readFile } from 'node:fs/promises'
import { findNatPmpRouter } from './nat-pmp.ts'
import type { Router } from './router.ts'
import { findUpnpRouter } from './upnp.ts'

const routeTable = '/proc/net/route'

/** The routers of the LANs that this machine has these addresses in, each as soon as it has answered. */
export async function* findRouters(lanIps: readonly string[], signal: AbortSignal): AsyncGenerator<Router, void, void> {
  const table = process.platform === 'linux' ? await readFile(routeTable, 'utf8').catch(() => '') : ''
  for (const lanIp of lanIps) {
    const byPmp = await findNatPmpRouter(gatewayOf(lanIp, table), lanIp, signal)
    if (byPmp !== undefined) yield byPmp
  }
  for (const lanIp of lanIps) {
    const byUpnp = await findUpnpRouter(lanIp, signal)
    if (byUpnp !== undefined) yield byUpnp
  }
}

/**
 * The router that packets from this address leave by: as Linux's table of routes says (addresses in hex, the lowest byte
 * first), else where most routers are, at the first address of the LAN. Pure.
 */
export function gatewayOf(lanIp: string, routeTable: string): string {
  const gateways = routeTable
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, destination, gateway]) => destination === '00000000' && /^[0-9A-F]{8}$/.test(gateway ?? ''))
    .map(([, , gateway = '']) => Buffer.from(gateway, 'hex').reverse().join('.'))
  const first = `${lanIp.split('.').slice(0, 3).join('.')}.1`
  return gateways.find(gateway => sameLan(gateway, lanIp)) ?? first
}

function sameLan(one: string, other: string): boolean {
  return one.split('.').slice(0, 2).join('.') === other.split('.').slice(0, 2).join('.')
}
