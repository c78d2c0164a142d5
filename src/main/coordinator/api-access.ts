import type { IncomingMessage } from 'node:http'
import { BlockList, isIPv6 } from 'node:net'
import { RmaError } from '../../shared/errors.ts'
import { minute, second } from '../../shared/units.ts'
import type { Clock } from '../clock.ts'
import { isSameToken } from '../config/access-token.ts'
import type { ApiKeys } from './api-keys.ts'
import { quotaAddress } from './client-address.ts'
import { type QuotaInit, RequestQuota } from './request-quota.ts'

/** Requests of one address on an open network. */
const addressQuota: QuotaInit = { allowance: { burst: 20, perSecond: 30 / (minute / second) }, atOnce: 4 }
/** Requests of one API key. */
const keyQuota: QuotaInit = { allowance: { burst: 200, perSecond: 10 }, atOnce: 64 }

/** What workers of one address tell: many may stand behind one router. */
const workerQuota: QuotaInit = { allowance: { burst: 120, perSecond: 4 }, atOnce: 32 }

const privateNetworks = new BlockList()
for (const [network, bits] of [
  ['10.0.0.0', 8],
  ['127.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
] as const)
  privateNetworks.addSubnet(network, bits)
privateNetworks.addSubnet('fc00::', 7, 'ipv6')
privateNetworks.addAddress('::1', 'ipv6')

export interface ApiAccessInit {
  /** Anybody may ask, within a quota for each address; else only holders of a key. */
  open: boolean
  operatorToken: string
  /** What comes from loopback comes through a tunnel of this machine's. */
  behindTunnel: boolean
}

/** Decides who may ask what, by the headers and the socket of a request. */
export class ApiAccess {
  readonly #keys: ApiKeys
  readonly #clock: Clock
  readonly #init: ApiAccessInit
  readonly #addresses: RequestQuota
  readonly #holders: RequestQuota
  readonly #workers: RequestQuota
  #refused = 0

  constructor({ keys, clock }: { keys: ApiKeys; clock: Clock }, init: ApiAccessInit) {
    this.#keys = keys
    this.#clock = clock
    this.#init = init
    this.#addresses = new RequestQuota({ clock }, addressQuota)
    this.#holders = new RequestQuota({ clock }, keyQuota)
    this.#workers = new RequestQuota({ clock }, workerQuota)
  }

  /** Requests for services that were turned away. */
  get refused(): number {
    return this.#refused
  }

  /**
   * Lets a request for a service in, or throws UNAUTHORIZED (no key where one is needed), KEY_REFUSED or QUOTA_EXCEEDED.
   * What is returned is to be called once the request has ended. A key that is shown is checked on open networks too, and
   * its quota counts.
   */
  admit(incoming: IncomingMessage): () => void {
    try {
      const key = bearerOf(incoming)
      if (key !== undefined) return this.#holders.take(this.#keys.check(key, this.#clock.now()).id)
      if (this.#init.open) return this.#addresses.take(this.#addressOf(incoming))
      throw new RmaError(
        'UNAUTHORIZED',
        'expected the header Authorization: Bearer <API key>; the operator gives them out',
      )
    } catch (error) {
      this.#refused++
      throw error
    }
  }

  /** Counts a request that needs no key: the quota of its address holds on every network. Throws QUOTA_EXCEEDED. */
  admitAnybody(incoming: IncomingMessage): () => void {
    return this.#addresses.take(this.#addressOf(incoming))
  }

  /** Lets a worker's message in, as `admit` does; what it says is proven elsewhere. Throws QUOTA_EXCEEDED. */
  admitWorker(incoming: IncomingMessage): () => void {
    return this.#workers.take(this.#addressOf(incoming))
  }

  /** Throws UNAUTHORIZED. */
  expectOperator(incoming: IncomingMessage): void {
    const given = bearerOf(incoming)
    if (given !== undefined && isSameToken(given, this.#init.operatorToken)) return
    throw new RmaError('UNAUTHORIZED', 'expected the header Authorization: Bearer <operator token>')
  }

  /** The operator, and programs in the private network that this coordinator stands in. Throws UNAUTHORIZED. */
  expectMonitor(incoming: IncomingMessage): void {
    if (bearerOf(incoming) === undefined && !this.#init.behindTunnel && isInPrivateNetwork(incoming)) return
    this.expectOperator(incoming)
  }

  #addressOf({ socket, headers }: IncomingMessage): string {
    const { behindTunnel } = this.#init
    return quotaAddress({ socketAddress: socket.remoteAddress, headers, behindTunnel })
  }
}

function bearerOf({ headers }: IncomingMessage): string | undefined {
  return /^Bearer (\S{1,256})$/.exec(headers.authorization ?? '')?.[1]
}

/** Not what a proxy in that network sends on: it says for whom. */
function isInPrivateNetwork({ socket, headers }: IncomingMessage): boolean {
  if (headers['x-forwarded-for'] !== undefined || headers.forwarded !== undefined) return false
  const address = (socket.remoteAddress ?? '').replace(/^::ffff:/i, '')
  return address !== '' && privateNetworks.check(address, isIPv6(address) ? 'ipv6' : 'ipv4')
}
