import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as after } from 'node:timers/promises'
import { second } from '../../../src/shared/units.ts'
import type { CloudflareEdge } from './edge.ts'

const lookAgainMs = 20

/** Runs a stand-in cloudflared as an owner would by hand: a quick tunnel that leads to `to`. Resolves once it works. */
export async function openTunnel(edge: CloudflareEdge, to: string, folder: string) {
  const args = ['tunnel', '--no-autoupdate', '--output', 'json', '--metrics', '127.0.0.1:0', '--url', to]
  const before = new Set(edge.connectors)
  const child = spawn(await edge.cloudflared(), args, { stdio: 'ignore', env: { ...process.env, HOME: folder } })
  const ended = once(child, 'exit')
  const signal = AbortSignal.timeout(10 * second)
  for (;;) {
    const connector = edge.connectors.find(one => one.isConnected && !before.has(one))
    if (connector !== undefined) {
      const stop = async () => {
        child.kill()
        await ended
      }
      return { hostname: connector.hostname, stop }
    }
    await after(lookAgainMs, undefined, { signal })
  }
}
