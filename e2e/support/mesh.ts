import { execFile, spawn } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import type { SignedNebulaCertificate } from '../../src/main/coordinator/ca/vpn/nebula-certificate.ts'
import { VpnCa } from '../../src/main/coordinator/ca/vpn/vpn-ca.ts'
import { nebulaConfig } from '../../src/main/tunnels/nebula/nebula-config.ts'
import { generateCaKey } from '../../src/shared/membership/ca-key.ts'
import type { Lighthouse } from '../../src/shared/membership/vpn-lease.ts'
import type { Milliseconds } from '../../src/shared/units.ts'
import type { PublicMachine } from './internet.ts'

const peerPort = 8468

/** A machine in the mesh, with Nebula itself and nothing of a node's. */
export interface MeshMember {
  readonly ip: string
  readonly certificate: SignedNebulaCertificate
  /** What Nebula has said. */
  readonly log: readonly string[]
  /** Writes the configuration with these certificates blocked, and has Nebula read it. */
  block(blocked: readonly string[]): Promise<void>
  stop(): Promise<void>
}

/** Members with certificates of a CA as a coordinator's, and the configuration that a node writes. */
export class Mesh {
  readonly #ca: VpnCa
  readonly #folder: string
  readonly #lighthouses: Lighthouse[] = []
  readonly #members: MeshMember[] = []

  private constructor(ca: VpnCa, folder: string) {
    this.#ca = ca
    this.#folder = folder
  }

  static async make(folder: string): Promise<Mesh> {
    return new Mesh(new VpnCa('0123456789abcdef', await generateCaKey()), folder)
  }

  /** Resolves once its network card, where it has one, is up. */
  async join(
    machine: PublicMachine,
    { ip, lighthouse = false, lifeMs }: { ip: string; lighthouse?: boolean; lifeMs: Milliseconds },
  ): Promise<MeshMember> {
    const { privateKey, publicKey } = generateKeyPairSync('x25519')
    const key = publicKey.export({ format: 'jwk' }).x ?? ''
    const now = Date.now()
    const certificate = this.#ca.sign({ ip, key, roles: ['donor'], issuedAt: now - 60_000, expiresAt: now + lifeMs })
    const raw = Buffer.from(privateKey.export({ format: 'jwk' }).d ?? '', 'base64url').toString('base64')
    const [keyPath, configPath] = [join(this.#folder, `${ip}.key`), join(this.#folder, `${ip}.yml`)]
    await writeFile(
      keyPath,
      `-----BEGIN NEBULA X25519 PRIVATE KEY-----\n${raw}\n-----END NEBULA X25519 PRIVATE KEY-----\n`,
    )
    const lease = {
      ip,
      authority: this.#ca.certificate.pem,
      certificate: certificate.pem,
      lighthouses: this.#lighthouses,
    }
    const write = (blocked: readonly string[]) => {
      const config = nebulaConfig({ lease, keyPath, peerPort, lighthouse, blocked, device: 'rma-mesh' })
      return writeFile(configPath, JSON.stringify(config))
    }
    await write([])
    const [program, args] = machine.command('nebula', ['-config', configPath])
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    const log: string[] = []
    await new Promise<void>((resolve, reject) => {
      child.once('exit', code => reject(new Error(`nebula ended with exit code ${code}: ${log.at(-1)}`)))
      for (const stream of [child.stdout, child.stderr])
        createInterface({ input: stream }).on('line', line => {
          log.push(line)
          if (line.includes('Nebula interface is active')) resolve()
        })
    })
    if (lighthouse) this.#lighthouses.push({ ip, endpoints: [`${machine.address}:4242`] })
    const member: MeshMember = {
      ip,
      certificate,
      log,
      async block(blocked) {
        await write(blocked)
        child.kill('SIGHUP')
      },
      async stop() {
        if (child.exitCode !== null || child.signalCode !== null) return
        child.kill('SIGKILL')
        await once(child, 'exit')
      },
    }
    this.#members.push(member)
    return member
  }

  async remove(): Promise<void> {
    await Promise.all(this.#members.splice(0).map(member => member.stop()))
  }
}

const connector = `
const { connect } = await import('node:net')
const socket = connect({ host: process.argv[1], port: ${peerPort}, timeout: 1000 })
const end = answer => { console.log(answer); process.exit() }
socket.on('connect', () => end('answered')).on('timeout', () => end('silent'))
// Nothing listens there: the packets have come and gone all the same.
socket.on('error', error => end(error.code === 'ECONNREFUSED' ? 'answered' : 'silent'))
`

/** Whether packets from a machine reach a member and come back, within a second. */
export async function answersInMesh(from: PublicMachine, ip: string): Promise<boolean> {
  const [program, args] = from.command(process.execPath, ['--input-type=module', '-e', connector, ip])
  const { stdout } = await promisify(execFile)(program, args)
  return stdout.trim() === 'answered'
}
