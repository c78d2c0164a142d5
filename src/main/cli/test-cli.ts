import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { PassThrough, Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'
import { temporaryFolder } from '../../../e2e/support/temporary-folder.ts'
import { sampleStatus } from '../../shared/testing/samples.ts'
import { systemClock } from '../clock.ts'
import { loadAccessToken } from '../config/access-token.ts'
import { type Runtime, writeRuntime } from '../config/runtime-file.ts'
import { DashboardServer } from '../headless/dashboard-server.ts'
import { createLog, LogBuffer } from '../log.ts'
import { createRpcHandler } from '../rpc/handler.ts'
import { StandInNode } from '../rpc/testing/stand-in-node.ts'
import { run } from './run.ts'

const log = createLog({ level: 'error', buffer: new LogBuffer() })

interface Outcome {
  code: number
  output: Buffer
  text: string
  errors: string
}

interface Surroundings {
  input?: Readable
  signal?: AbortSignal
  isTTY?: boolean
}

/** What a service answers a request with. */
export type Answer = (response: ServerResponse, request: IncomingMessage) => void

/** The command beside a node that runs in a folder of its own, with the node's real dashboard and services as told. */
export interface CommandedNode {
  folder: string
  node: StandInNode
  dashboard: DashboardServer
  runtime: Runtime
  token: string
  /** What its services were sent. */
  received: { request: IncomingMessage; body: Buffer }[]
  cli(args: string[], surroundings?: Surroundings): Promise<Outcome>
}

/** All of it ends with the present test. */
export async function startCommandedNode(answer: Answer): Promise<CommandedNode> {
  const { path: folder, remove } = await temporaryFolder()
  onTestFinished(remove)
  const token = await loadAccessToken(folder)
  const node = new StandInNode()
  const dashboard = new DashboardServer(
    { rpc: createRpcHandler(node, log), clock: systemClock, log },
    { port: { port: 0, explicit: true }, token, pagesFolder: join(folder, 'none') },
  )
  await dashboard.start()
  onTestFinished(() => dashboard.stop())
  const received: CommandedNode['received'] = []
  const serviceUrl = await startServices(async (request, response) => {
    received.push({ request, body: await buffer(request) })
    answer(response, request)
  })
  const runtime: Runtime = {
    pid: process.pid,
    peerId: sampleStatus.self.peerId,
    addresses: [],
    serviceUrl,
    rpcUrl: dashboard.rpcUrl,
    dashboardUrl: dashboard.url,
  }
  await writeRuntime(folder, runtime)
  await writeFile(join(folder, 'open-network-notice'), '')
  const cli = (args: string[], surroundings: Surroundings = {}) => runCommand(folder, args, surroundings)
  return { folder, node, dashboard, runtime, token, received, cli }
}

async function startServices(answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const services = createServer(answer).listen(0, '127.0.0.1')
  await once(services, 'listening')
  onTestFinished(async () => {
    services.closeAllConnections()
    await new Promise(resolve => services.close(resolve))
  })
  return `http://127.0.0.1:${(services.address() as AddressInfo).port}`
}

async function runCommand(
  folder: string,
  args: string[],
  { input = Readable.from([]), signal = new AbortController().signal, isTTY = false }: Surroundings,
): Promise<Outcome> {
  const [output, errorOutput] = [Object.assign(new PassThrough(), { isTTY }), new PassThrough()]
  const collected = Promise.all([buffer(output), buffer(errorOutput)])
  const code = await run(args, {
    env: { RMA_DONOR_HOME: folder },
    version: '1.2.3',
    entryUrl: import.meta.url,
    input,
    output,
    errorOutput,
    signal,
    now: () => sampleStatus.self.startedAt + 60_000,
  })
  output.end()
  errorOutput.end()
  const [out, err] = await collected
  return { code, output: out, text: out.toString(), errors: err.toString() }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}
