import { once } from 'node:events'
import { unlink } from 'node:fs/promises'
import { connect } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'
import { RmaError } from '../../shared/errors.ts'
import { peerIdSchema } from '../../shared/schema/primitives.ts'
import { writeFileDurably } from './durable-file.ts'
import { readIfPresent } from './read-if-present.ts'

const runtimeSchema = z.object({
  pid: z.number().int().positive(),
  peerId: peerIdSchema,
  /** libp2p addresses with peer id. */
  addresses: z.array(z.string()),
  /** Loopback listener for `POST /service/<type>`. */
  serviceUrl: z.url(),
  /** WebSocket of the RPC. */
  rpcUrl: z.url(),
  /** Its page; a browser gets in with the token. */
  dashboardUrl: z.url(),
  /** Where requests with tickets are taken, on this machine. */
  publicUrl: z.url().optional(),
  /** A coordinator's HTTP API, on this machine. */
  apiUrl: z.url().optional(),
})
/** Where a running node of a data folder is reached, for the command line. */
export type Runtime = z.infer<typeof runtimeSchema>

const runtimePath = (dataFolder: string) => join(dataFolder, 'runtime.json')

export async function writeRuntime(dataFolder: string, runtime: Runtime): Promise<void> {
  await writeFileDurably(runtimePath(dataFolder), `${JSON.stringify(runtime, null, 2)}\n`)
}

export async function removeRuntime(dataFolder: string): Promise<void> {
  await unlink(runtimePath(dataFolder)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error
  })
}

/** Rejects with NODE_NOT_RUNNING when no node runs there: no file, an unreadable one, or one left by a dead process. */
export async function readRuntime(dataFolder: string): Promise<Runtime> {
  const text = await readIfPresent(runtimePath(dataFolder))
  const runtime = text === undefined ? undefined : parseRuntime(text)
  if (runtime === undefined || !isAlive(runtime.pid)) throw notRunning(dataFolder)
  return runtime
}

/** The same, of a node on this machine that answers: the id of a process that was killed may be another's by now. */
export async function readAnsweringRuntime(dataFolder: string): Promise<Runtime> {
  const runtime = await readRuntime(dataFolder)
  if (!(await isListening(runtime.rpcUrl))) throw notRunning(dataFolder)
  return runtime
}

function notRunning(dataFolder: string): RmaError {
  return new RmaError('NODE_NOT_RUNNING', `no node is running on the data folder ${dataFolder}`, { dataFolder })
}

function parseRuntime(text: string): Runtime | undefined {
  try {
    return runtimeSchema.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives, under another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Whether anybody listens there, on this machine: that is known at once. */
async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port) })
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
