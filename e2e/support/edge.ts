import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Readable } from 'node:stream'
import { Miniflare } from 'miniflare'
import { bundleWorker } from '../../src/edge-router/testing/bundle-worker.ts'
import { settingsSchema } from '../../src/shared/schema/settings.ts'

/** A running edge router. */
export interface Edge {
  url: string
  /** Ends it; calling it again does nothing. */
  stop(): Promise<void>
}

/** The edge router in the real Workers runtime, on a port of this machine's loopback. */
export async function startEdge(caPublicKey: string): Promise<Edge> {
  const edge = new Miniflare({
    host: '127.0.0.1',
    port: 0,
    modules: [
      {
        type: 'ESModule',
        path: 'main.mjs',
        contents: "export * from './worker.mjs'; export { default } from './worker.mjs'",
      },
      { type: 'ESModule', path: 'worker.mjs', contents: await bundleWorker() },
    ],
    compatibilityDate: '2026-07-01',
    handleRuntimeStdio: (stdout: Readable, stderr: Readable) => {
      stdout.resume()
      stderr.resume()
    },
    cf: false,
    bindings: { NETWORK_NAME: 'charity', NETWORK_CA_KEY: caPublicKey, OPERATOR_TOKEN: 'o'.repeat(64) },
    durableObjects: { COORDINATORS: { className: 'Coordinators', useSQLite: true } },
  })
  const { origin: url } = await edge.ready
  let stopped: Promise<void> | undefined
  return {
    url,
    stop() {
      stopped ??= edge.dispose()
      return stopped
    },
  }
}

/** As if the invite had named nobody to ask: what is left is the edge router. */
export async function forgetWhomToAsk(dataFolder: string): Promise<void> {
  const path = join(dataFolder, 'settings.json')
  const settings = settingsSchema.parse(JSON.parse(await readFile(path, 'utf8')))
  const { coordinatorUrls: _, ...network } = settings.network
  await writeFile(path, JSON.stringify({ ...settings, network: { ...network, seeds: [] } }))
}
