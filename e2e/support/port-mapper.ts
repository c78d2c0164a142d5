import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

/** How a router lets itself be asked for ports. */
export interface PortMapping {
  /** The second version of UPnP's standard for it, the first, which most routers speak, or NAT-PMP alone. */
  speaks: 'upnp-2' | 'upnp-1' | 'nat-pmp'
  /** Refuses every port. */
  refuses?: boolean
  /** Keeps its files here. */
  folder: string
}

/** Whether Debian's miniupnpd is here: what many home routers run. */
export function hasMiniupnpd(): boolean {
  try {
    execFileSync('miniupnpd', ['--version'], { stdio: 'ignore' })
    return true
  } catch (error) {
    return (error as { code?: string }).code !== 'ENOENT'
  }
}

/** The chains that miniupnpd keeps up to date. */
const chains = `table inet miniupnpd {
  chain forward { type filter hook forward priority 0; jump allowed; }
  chain prerouting { type nat hook prerouting priority -100; jump mapped; }
  chain postrouting { type nat hook postrouting priority 100; jump returned; }
  chain allowed { }
  chain mapped { }
  chain returned { }
}
`

/** miniupnpd of a router whose network card is `eth0` outside and `lan0` inside, a network namespace. Needs root. */
export class PortMapperOfRouter {
  readonly #router: string
  #child: ChildProcess | undefined

  private constructor(router: string) {
    this.#router = router
  }

  static async start(router: string, how: PortMapping): Promise<PortMapperOfRouter> {
    const portMapper = new PortMapperOfRouter(router)
    const rules = join(how.folder, `${router}.nft`)
    await writeFile(rules, chains)
    execFileSync('ip', ['netns', 'exec', router, 'nft', '-f', rules])
    await portMapper.set(how)
    return portMapper
  }

  /** Sets it up anew. */
  async set({ speaks, refuses = false, folder }: PortMapping): Promise<void> {
    await this.stop()
    const router = this.#router
    const file = (kind: string) => join(folder, `${router}.${kind}`)
    const lines = [
      'ext_ifname=eth0',
      'listening_ip=lan0',
      `enable_upnp=${speaks === 'nat-pmp' ? 'no' : 'yes'}`,
      `enable_natpmp=${speaks === 'nat-pmp' ? 'yes' : 'no'}`,
      `force_igd_desc_v1=${speaks === 'upnp-1' ? 'yes' : 'no'}`,
      'secure_mode=yes',
      'upnp_table_name=miniupnpd',
      'upnp_nat_table_name=miniupnpd',
      'upnp_forward_chain=allowed',
      'upnp_nat_chain=mapped',
      'upnp_nat_postrouting_chain=returned',
      'uuid=c3dcd997-9669-435b-8aaa-a6561dae90de',
      ...(refuses ? [] : ['allow 1024-65535 192.168.0.0/16 1024-65535']),
      'deny 0-65535 0.0.0.0/0 0-65535',
    ]
    await writeFile(file('conf'), `${lines.join('\n')}\n`)
    const args = ['netns', 'exec', router, 'miniupnpd', '-d', '-f', file('conf'), '-P', file('pid')]
    const child = spawn('ip', args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const ready = speaks === 'nat-pmp' ? 'Listening for NAT-PMP' : 'HTTP listening'
    await new Promise<void>((resolve, reject) => {
      child.once('exit', code => reject(new Error(`miniupnpd ended with exit code ${code}`)))
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on('line', line => line.includes(ready) && resolve())
    })
    this.#child = child
  }

  /** The ports that lead inside now. */
  mapped(): number[] {
    const rules = execFileSync('ip', [
      'netns',
      'exec',
      this.#router,
      'nft',
      'list',
      'chain',
      'inet',
      'miniupnpd',
      'mapped',
    ])
    return [...rules.toString().matchAll(/dport (\d+)/g)].map(([, port]) => Number(port))
  }

  async stop(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child === undefined || child.exitCode !== null) return
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
}
