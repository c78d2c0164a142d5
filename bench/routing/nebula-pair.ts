import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { Lan, type Machine } from '../../e2e/support/lan.ts'
import { temporaryFolder } from '../../e2e/support/temporary-folder.ts'
import { defaultPorts } from '../../src/main/config/node-config.ts'
import { lighthousePort, nebulaConfig } from '../../src/main/tunnels/nebula/nebula-config.ts'
import { readNebulaLine } from '../../src/main/tunnels/nebula/nebula-log.ts'

const run = promisify(execFile)

/** Where the nodes of the pair listen: what a node assumes of one whose other addresses it does not know. */
export const nebulaPort = defaultPorts.dht

export interface VpnMachine extends Machine {
  readonly vpnIp: string
}

/** Two machines of a LAN, network namespaces, with a real Nebula between them. Needs root. */
export class NebulaPair {
  readonly machines: readonly [VpnMachine, VpnMachine]
  readonly #lan: Lan
  readonly #folder: Awaited<ReturnType<typeof temporaryFolder>>
  readonly #processes: ChildProcess[] = []

  private constructor(lan: Lan, folder: Awaited<ReturnType<typeof temporaryFolder>>) {
    const [one, other] = lan.machines[0]
    if (one === undefined || other === undefined) throw new Error('expected a LAN of two machines')
    this.machines = [
      { ...one, vpnIp: '10.42.0.1' },
      { ...other, vpnIp: '10.42.0.2' },
    ]
    this.#lan = lan
    this.#folder = folder
  }

  static async start(): Promise<NebulaPair> {
    const pair = new NebulaPair(await Lan.make(2), await temporaryFolder())
    try {
      await pair.#certify()
      const [one, other] = pair.machines
      await pair.#run(one, other)
      await pair.#run(other, one)
      return pair
    } catch (error) {
      await pair.stop()
      throw error
    }
  }

  async stop(): Promise<void> {
    for (const child of this.#processes.splice(0)) {
      const exited = once(child, 'exit')
      if (child.kill()) await exited
    }
    await this.#lan.remove()
    await this.#folder.remove()
  }

  async #certify(): Promise<void> {
    const cwd = this.#folder.path
    await run('nebula-cert', ['ca', '-name', 'bench', '-ips', '10.42.0.0/16'], { cwd })
    for (const { vpnIp } of this.machines)
      await run('nebula-cert', ['sign', '-name', vpnIp, '-ip', `${vpnIp}/16`], { cwd })
  }

  /** Resolves once its network card is there. */
  async #run({ vpnIp, command }: VpnMachine, other: VpnMachine): Promise<void> {
    const file = (name: string) => join(this.#folder.path, name)
    const config = nebulaConfig({
      lease: {
        ip: vpnIp,
        authority: await readFile(file('ca.crt'), 'utf8'),
        certificate: await readFile(file(`${vpnIp}.crt`), 'utf8'),
        lighthouses: [{ ip: other.vpnIp, endpoints: [`${other.address}:${lighthousePort}`] }],
      },
      keyPath: file(`${vpnIp}.key`),
      peerPort: nebulaPort,
      lighthouse: false,
      blocked: [],
      device: 'nebula1',
    })
    // Neither is a lighthouse: each knows where the other is.
    const fixed = { lighthouse: { am_lighthouse: false, hosts: [] }, listen: { host: '0.0.0.0', port: lighthousePort } }
    await writeFile(file(`${vpnIp}.yml`), JSON.stringify({ ...config, ...fixed }))
    const [program, args] = command('nebula', ['-config', file(`${vpnIp}.yml`)])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#processes.push(child)
    for await (const line of createInterface({ input: child.stdout })) {
      const event = readNebulaLine(line)
      if (event?.kind === 'ready') break
      if (event !== undefined) throw new Error(`nebula did not start: ${event.text}`)
    }
    child.stdout.resume()
  }
}
