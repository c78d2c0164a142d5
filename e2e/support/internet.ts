import { execFile, execFileSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { PortMapperOfRouter, type PortMapping } from './port-mapper.ts'
import { canMakeNamespaces, type Site } from './site.ts'

const run = promisify(execFile)
const ip = async (...args: string[]) => void (await run('ip', args))

/** A machine that nodes run on: a network namespace with one address. */
export interface PublicMachine extends Pick<Site, 'command'> {
  readonly address: string
}

/** A machine at home. */
export interface HomeMachine extends PublicMachine {
  /** Address of its router on the other side. */
  readonly outside: string
  /** What the router lets itself be asked for, where it does. */
  readonly portMapper: PortMapperOfRouter | undefined
}

export interface HomeInit {
  /** The router opens ports for who asks it. Default: it cannot be asked. */
  portMapping?: PortMapping
  /** TCP port that its owner has had it forward to the machine. */
  forwarded?: number
}

/** Whether networks with address translation can be made here. */
export function canMakeInternet(): boolean {
  if (!canMakeNamespaces()) return false
  try {
    execFileSync('nft', ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/**
 * Machines with public addresses, and homes whose router lets them out but nobody in, made of network namespaces. Nothing
 * that is sent there leaves this machine. Needs root and nft.
 */
export class Internet {
  readonly #prefix = `rma-${randomBytes(3).toString('hex')}`
  readonly #namespaces: string[] = []
  readonly #portMappers: PortMapperOfRouter[] = []
  #machines = 0

  static async make(): Promise<Internet> {
    const internet = new Internet()
    await internet.#namespace(internet.#exchange)
    await ip('-n', internet.#exchange, 'link', 'add', 'bridge', 'type', 'bridge')
    await ip('-n', internet.#exchange, 'link', 'set', 'bridge', 'up')
    return internet
  }

  /** A server with an address that everybody reaches. */
  async server(): Promise<PublicMachine> {
    const { name, address } = await this.#attached()
    return { address, command: within(name) }
  }

  /** A machine at home, behind a router that translates addresses and refuses what nobody inside has asked for. */
  async home({ portMapping, forwarded }: HomeInit = {}): Promise<HomeMachine> {
    const router = await this.#attached()
    const name = `${router.name}-home`
    await this.#namespace(name)
    const at = ['-n', router.name]
    await ip(...at, 'link', 'add', 'lan0', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
    await ip(...at, 'address', 'add', '192.168.7.1/24', 'dev', 'lan0')
    await ip(...at, 'link', 'set', 'lan0', 'up')
    await ip('-n', name, 'address', 'add', '192.168.7.2/24', 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    await ip('-n', name, 'route', 'add', 'default', 'via', '192.168.7.1')
    const inRouter = async (...command: string[]) => void (await run('ip', ['netns', 'exec', router.name, ...command]))
    await inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1')
    const forward = forwarded === undefined ? '' : `iifname "eth0" tcp dport ${forwarded} dnat to 192.168.7.2;`
    const rules = `table ip home {
      chain out { type nat hook postrouting priority 100; oifname "eth0" masquerade; }
      chain to { type nat hook prerouting priority -100; ${forward} }
      chain in { type filter hook forward priority 0; iifname "eth0" ct state new ct status & dnat == 0 drop; }
      chain self { type filter hook input priority 0; iifname "eth0" ct state new drop; }
    }`
    await inRouter('nft', rules)
    const portMapper = portMapping === undefined ? undefined : await PortMapperOfRouter.start(router.name, portMapping)
    if (portMapper !== undefined) this.#portMappers.push(portMapper)
    return { address: '192.168.7.2', outside: router.address, portMapper, command: within(name) }
  }

  /** Removes the namespaces; processes in them keep theirs until they end. */
  async remove(): Promise<void> {
    for (const portMapper of this.#portMappers.splice(0)) await portMapper.stop()
    for (const name of this.#namespaces.splice(0)) await ip('netns', 'delete', name)
  }

  get #exchange(): string {
    return `${this.#prefix}-ix`
  }

  async #namespace(name: string): Promise<void> {
    await ip('netns', 'add', name)
    this.#namespaces.push(name)
    await ip('-n', name, 'link', 'set', 'lo', 'up')
  }

  async #attached(): Promise<{ name: string; address: string }> {
    const number = ++this.#machines
    const name = `${this.#prefix}-${number}`
    const address = `11.${number}.0.1`
    await this.#namespace(name)
    const peer = ['peer', 'name', `port${number}`, 'netns', this.#exchange]
    await ip('-n', name, 'link', 'add', 'eth0', 'type', 'veth', ...peer)
    await ip('-n', this.#exchange, 'link', 'set', `port${number}`, 'master', 'bridge')
    await ip('-n', this.#exchange, 'link', 'set', `port${number}`, 'up')
    await ip('-n', name, 'address', 'add', `${address}/8`, 'dev', 'eth0')
    await ip('-n', name, 'link', 'set', 'eth0', 'up')
    return { name, address }
  }
}

function within(name: string): PublicMachine['command'] {
  return (program, args) => ['ip', ['netns', 'exec', name, program, ...args]]
}
