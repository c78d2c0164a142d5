import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { createServer, type ServerResponse } from 'node:http'
import { performServerHandshake, type ServerHttp2Stream } from 'node:http2'
import { type AddressInfo, connect } from 'node:net'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as after } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { answerCarried } from './carried.ts'
import { asksFor, carriedWindow, sessionOptions } from './carrying.ts'
import { type FromConnector, speakLines, type ToConnector } from './connector.ts'
import { asciiBox, connectorLog } from './stand-in-log.ts'

/**
 * A program that does as cloudflared 2026.8 does, for a `CloudflareEdge` in the place of Cloudflare. It takes the options that
 * the node uses and no others, says the same lines, serves the same metrics, and ends with the same codes: 0 after SIGTERM, 1
 * for a failure, 255 for options that it does not know. It listens for nobody but who reads its metrics: it connects to the
 * edge, and is asked over that connection.
 */
const version = '2026.8.0'

function usage(why: string): never {
  process.stderr.write(`Incorrect Usage: ${why}\n`)
  process.exit(255)
}

function fail(why: string): never {
  process.stderr.write(`${why}\n`)
  process.exit(1)
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        version: { type: 'boolean' },
        'no-autoupdate': { type: 'boolean' },
        metrics: { type: 'string' },
        output: { type: 'string', default: 'default' },
        url: { type: 'string' },
        'token-file': { type: 'string' },
      },
    })
  } catch (error) {
    return usage((error as Error).message)
  }
}

const { values, positionals } = readArguments()
if (values.version === true) {
  console.log(`cloudflared version ${version} (built 2026-08-03-10:12 UTC)`)
  process.exit(0)
}
const isQuick = positionals.join(' ') === 'tunnel'
if (!isQuick && positionals.join(' ') !== 'tunnel run') usage(`unknown command ${positionals.join(' ')}`)
if (isQuick && values.url === undefined) usage('a quick tunnel needs --url')
if (!isQuick && values['token-file'] === undefined) usage('run needs --token-file')
const log = connectorLog(values.output === 'json')

if (isQuick && existsSync(join(homedir(), '.cloudflared', 'config.yaml'))) {
  fail('quick tunnels are not supported when a config.yaml file is present in the .cloudflared directory')
}
const token = isQuick ? undefined : readToken(values['token-file'] ?? '')

function readToken(path: string): string {
  try {
    if ((statSync(path).mode & 0o077) !== 0) return fail(`others than its owner can read the token file ${path}`)
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    return fail(`Failed to read token file: ${(error as Error).message}`)
  }
}

let readyConnections = 0
let total = 0
let hostname: string | undefined
let service = values.url
let ignoreTermMs = 0
const connectorId = randomUUID()

function configuration() {
  const ingress = [{ hostname, service }, { service: 'http_status:404' }]
  return { ingress, 'warp-routing': { enabled: false } }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

const metrics = createServer(({ url }, response) => {
  const status = readyConnections > 0 ? 200 : 503
  if (url === '/ready') json(response, status, { status, readyConnections, connectorId })
  else if (url === '/quicktunnel') json(response, 200, { hostname: isQuick ? hostname : '' })
  else if (url === '/config' && !isQuick) json(response, 200, { version: 1, config: configuration() })
  else if (url === '/metrics') {
    response.end(`cloudflared_tunnel_ha_connections ${readyConnections}\ncloudflared_tunnel_total_requests ${total}\n`)
  } else response.writeHead(404).end()
})

async function startMetrics(): Promise<void> {
  const address = /^(.*):(\d+)$/.exec(values.metrics ?? '127.0.0.1:0')
  metrics.listen(Number(address?.[2] ?? 0), address?.[1] ?? '127.0.0.1')
  try {
    await once(metrics, 'listening')
  } catch (error) {
    fail(`Error opening metrics server listener: ${(error as Error).message}`)
  }
  const { address: host, port } = metrics.address() as AddressInfo
  log('info', `Starting metrics server on ${host}:${port}/metrics`)
}

async function beginTunnel(granted: Extract<ToConnector, { kind: 'granted' }>): Promise<void> {
  hostname = granted.hostname
  service = granted.service ?? service
  ignoreTermMs = granted.ignoreTermMs
  if (isQuick) {
    const visit = 'Your quick Tunnel has been created! Visit it at (it may take some time to be reachable):'
    for (const line of asciiBox([visit, `https://${hostname}`])) log('info', line)
  }
  await startMetrics()
  if (!isQuick) log('info', 'Updated to new configuration', { config: JSON.stringify(configuration()), version: 1 })
}

/** Becomes whole before the first order to connect is followed. */
let begun = Promise.resolve()

function takeOrders(control: ServerHttp2Stream): void {
  control.respond({ ':status': 200 })
  const tell = speakLines<ToConnector, FromConnector>(control, message => follow(message, tell))
  tell({ kind: 'hello', pid: process.pid, args: process.argv.slice(2), ...(token === undefined ? {} : { token }) })
  if (!isQuick) log('info', `Starting tunnel tunnelID=${randomUUID()}`)
}

async function follow(message: ToConnector, tell: (message: FromConnector) => void): Promise<void> {
  if (message.kind === 'granted') begun = beginTunnel(message)
  else if (message.kind === 'crash') process.exit(message.code)
  else if (message.kind === 'unknown token') log('error', 'Unauthorized: Failed to get tunnel', { connIndex: 0 })
  else if (message.kind === 'rate limited') {
    const error = "invalid character 'e' looking for beginning of value"
    const fields = { error, status_code: '429 Too Many Requests' }
    log('error', 'Error unmarshaling QuickTunnel response: error code: 1015', fields)
    fail(`failed to unmarshal quick Tunnel: ${error}`)
  } else {
    await begun
    readyConnections = message.kind === 'connect' ? 1 : 0
    if (message.kind === 'connect') {
      tell({ kind: 'connected' })
      const fields = { connIndex: 0, connection: randomUUID(), event: 0, ip: '198.41.192.7', location: 'lhr01' }
      log('info', 'Registered tunnel connection', { ...fields, protocol: 'quic' })
    } else {
      tell({ kind: 'disconnected' })
      log('error', 'Serve tunnel error', { error: 'connection with edge closed', connIndex: 0 })
    }
  }
}

const { hostname: edgeHost, port: edgePort } = new URL(process.env.STAND_IN_EDGE ?? '')
const edge = connect(Number(edgePort), edgeHost)
// The test has ended: nothing of it is to be left.
edge.once('close', () => process.exit(1))
edge.once('error', error => fail(`no edge: ${error.message}`))
const session = performServerHandshake(edge, sessionOptions)
session.once('connect', () => session.setLocalWindowSize(carriedWindow.ofSession))
session.on('error', error => fail(`the edge broke off: ${error.message}`))
session.on('stream', (stream, headers) => {
  if (headers[asksFor] === 'control-stream') {
    takeOrders(stream)
    return
  }
  total += 1
  answerCarried(stream, headers, service ?? '')
})

process.once('SIGTERM', async () => {
  log('info', 'Initiating graceful shutdown due to signal terminated ...')
  await after(ignoreTermMs)
  process.exit(0)
})

if (isQuick) log('info', 'Requesting new quick Tunnel on trycloudflare.com...')
