import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { glob, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, test } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { parseEnvironment } from '../../src/main/config/environment.ts'
import { quotaAddress } from '../../src/main/coordinator/client-address.ts'
import { coordinatorMetrics } from '../../src/main/metrics/coordinator-metrics.ts'
import { formatMetrics } from '../../src/main/metrics/exposition.ts'
import { nodeMetrics } from '../../src/main/metrics/node-metrics.ts'
import { RoutingCounters } from '../../src/main/routing/statistics.ts'
import { sampleRoutingReport, sampleStatus } from '../../src/shared/testing/samples.ts'
import { builtCommand } from '../support/node-process.ts'
import { temporaryFolder } from '../support/temporary-folder.ts'
import { inherited, lastOf, parseDockerfile } from './dockerfile.ts'

const run = promisify(execFile)
const repository = join(import.meta.dirname, '..', '..')
const read = (path: string) => readFile(join(repository, path), 'utf8')
const stages = parseDockerfile(await read('deploy/Dockerfile'))
const targets = ['coordinator', 'donor'] as const

/** Values that the program takes for variables whose value is not in the file. */
const plausible: Record<string, string> = {
  TUNNEL_URL: 'https://c1.example.org',
  EDGE_ROUTER_URL: 'https://edge.example.org',
  COORDINATOR_URL: 'https://c2.example.org',
  CORS_ORIGINS: 'https://app.example.org',
  LOCATION: 'london',
  COORDINATOR_ID: 'c1',
}

/** Whether the program reads this variable, and takes the value. */
function isRead(variable: string, value: string): boolean {
  const given = value.includes('${') ? plausible[variable] : value
  const environment = parseEnvironment({ [variable]: given ?? '' }) as Record<string, unknown>
  return environment[variable] !== undefined
}

/** Options of a command line that `rma-donor` does not know. */
async function unknownOptions([command = '', ...options]: readonly string[]): Promise<string[]> {
  const { stdout } = await run(process.execPath, [builtCommand, command, '--help'])
  return options.filter(option => option.startsWith('--') && !new RegExp(`^ +${option}\\b`, 'm').test(stdout))
}

/** What .dockerignore keeps from the builder: it forbids all, then allows. */
async function isInContext(path: string): Promise<boolean> {
  const allowed = (await read('.dockerignore')).split('\n').filter(line => line.startsWith('!'))
  return allowed.some(line => path === line.slice(1) || path.startsWith(`${line.slice(1)}/`))
}

describe('the Dockerfile', () => {
  test('copies only what is there', async () => {
    for (const { instructions } of stages) {
      for (const { name, flags, text } of instructions) {
        if (name !== 'COPY' || text === '. .') continue
        const sources = text.split(/\s+/).slice(0, -1)
        for (const source of sources) {
          if (flags.from !== undefined) expect(stages.map(stage => stage.name)).toContain(flags.from)
          else
            expect([source, existsSync(join(repository, source)), await isInContext(source)]).toEqual([
              source,
              true,
              true,
            ])
        }
      }
    }
  })

  test('lets the builder see what the build reads, and nothing of this machine’s', async () => {
    const needed = ['package.json', 'package-lock.json', 'electron.vite.config.ts', 'tsconfig.json', 'src/main/node.ts']
    // What the build's own recipe imports.
    const recipe = await readFile(join(repository, 'electron.vite.config.ts'), 'utf8')
    needed.push(...[...recipe.matchAll(/from '\.\/([^']+)'/g)].map(([, path = '']) => path))
    expect(needed).toContain('scripts/build-commit.ts')
    for (const path of needed) expect([path, await isAllowed(path)]).toEqual([path, true])
    for (const path of ['.git', 'node_modules', 'out', '.env', 'e2e'])
      expect([path, await isInContext(path)]).toEqual([path, false])
  })

  async function isAllowed(path: string): Promise<boolean> {
    if (await isInContext(path)) return true
    for await (const match of glob('tsconfig*.json', { cwd: repository })) if (match === path) return true
    return false
  }

  test.each(targets)('makes of %s an image that runs as nobody special and says how it is', async target => {
    const instructions = inherited(stages, target)
    expect(lastOf(instructions, 'USER')).toBe('node')
    expect(lastOf(instructions, 'VOLUME')).toBe('/data')
    expect(lastOf(instructions, 'HEALTHCHECK')).toContain('deploy/health-check.mjs')
    expect(JSON.parse(lastOf(instructions, 'ENTRYPOINT'))).toEqual(['node', 'out/main/cli.js'])
  })

  test.each(targets)('starts %s with options and variables that the program knows', async target => {
    const instructions = inherited(stages, target)
    expect(await unknownOptions(JSON.parse(lastOf(instructions, 'CMD')))).toEqual([])
    const variables = instructions.filter(({ name }) => name === 'ENV').map(({ text }) => text.split('='))
    const unread = variables.filter(([name = '', value = '']) => name !== 'NODE_ENV' && !isRead(name, value))
    expect(unread).toEqual([])
  })

  test('builds on the Node that the tests run on', () => {
    const bases = stages.map(({ base }) => base).filter(base => base.includes(':'))
    expect(new Set(bases)).toEqual(new Set([`node:${process.versions.node.split('.')[0]}-bookworm-slim`]))
  })
})

const serviceSchema = z.strictObject({
  image: z.string().optional(),
  build: z
    .strictObject({ context: z.literal('..'), dockerfile: z.literal('deploy/Dockerfile'), target: z.enum(targets) })
    .optional(),
  command: z.array(z.string()).optional(),
  restart: z.literal('unless-stopped').optional(),
  read_only: z.literal(true),
  cap_drop: z.tuple([z.literal('ALL')]),
  security_opt: z.tuple([z.literal('no-new-privileges:true')]),
  pids_limit: z.number().optional(),
  mem_limit: z
    .string()
    .regex(/^\d+[mg]$/)
    .optional(),
  stop_grace_period: z
    .string()
    .regex(/^\d+s$/)
    .optional(),
  environment: z.record(z.string().regex(/^[A-Z_]+$/), z.string()).default({}),
  network_mode: z.literal('host').optional(),
  ports: z.array(z.string().regex(/^(\d+\.\d+\.\d+\.\d+:)?\d+:\d+\/tcp$/)).default([]),
  volumes: z.array(z.string().regex(/^[a-z]+:\/data$/)).default([]),
  tmpfs: z.array(z.string()).optional(),
  logging: z.object({ driver: z.string() }).optional(),
  deploy: z.strictObject({ replicas: z.number() }).optional(),
  depends_on: z.record(z.string(), z.strictObject({ condition: z.literal('service_healthy') })).optional(),
})
const composeSchema = z.strictObject({
  name: z.string(),
  services: z.record(z.string(), serviceSchema),
  volumes: z.record(z.string(), z.object({})).default({}),
})

describe.each(['production', 'development'])('the compose file for %s', kind => {
  const path = `deploy/compose.${kind}.yaml`
  const compose = async () => composeSchema.parse(parse(await read(path)))

  test('names services, volumes and images that there are', async () => {
    const { services, volumes } = await compose()
    for (const service of Object.values(services)) {
      expect(service.image === undefined).not.toBe(service.build === undefined)
      for (const volume of service.volumes) expect(Object.keys(volumes)).toContain(volume.split(':')[0])
      for (const other of Object.keys(service.depends_on ?? {})) expect(Object.keys(services)).toContain(other)
      // With a read-only root, the data must have somewhere to be.
      expect(service.volumes.length + (service.tmpfs?.length ?? 0)).toBeGreaterThan(0)
    }
  })

  test('sets options and variables that the program knows', async () => {
    const { services } = await compose()
    for (const { command, environment } of Object.values(services)) {
      if (command !== undefined) expect(await unknownOptions(command)).toEqual([])
      expect(Object.entries(environment).filter(([name, value]) => !isRead(name, value))).toEqual([])
    }
  })

  test('says in docs/operations.md what has to be set', async () => {
    const variables = [...(await read(path)).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? '')
    const documented = await read('docs/operations.md')
    expect(variables.filter(name => !documented.includes(`\`${name}\``))).toEqual([])
  })

  test('opens the port of the DHT to others only where there is one', async () => {
    const { services } = await compose()
    const published = Object.values(services).flatMap(({ ports }) => ports)
    expect(published.filter(port => !port.startsWith('127.0.0.1:'))).toEqual([])
    const open = Object.values(services).filter(service => service.network_mode === 'host')
    expect(open).toHaveLength(kind === 'production' ? 1 : 0)
    const enabled = Object.values(services).map(({ environment }) => environment.DHT_ENABLED)
    expect(enabled.includes('false')).toBe(kind === 'development')
  })
})

test('what ends TLS beside the coordinator of the compose file has its clients told apart', async () => {
  const { coordinator } = composeSchema.parse(parse(await read('deploy/compose.production.yaml'))).services
  const listens = coordinator?.command?.at(coordinator.command.indexOf('--api-listen') + 1 || Number.NaN)
  // From this machine a published port is reached through Docker's bridge, and so from its address.
  const socketAddress = coordinator?.network_mode === 'host' ? (listens ?? '0.0.0.0') : '172.18.0.1'
  const countedAs = (client: string) =>
    quotaAddress({ socketAddress, headers: { 'cf-connecting-ip': client }, behindTunnel: true })
  expect([countedAs('198.51.100.1'), countedAs('203.0.113.9')]).toEqual(['198.51.100.1', '203.0.113.9'])
})

describe.each(['rma-donor', 'rma-donor-coordinator'])('the systemd unit %s', name => {
  const path = join('deploy', `${name}.service`)
  const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0
  if (!hasSystemd) console.log('systemd-analyze is not here: units are not verified')

  test('starts the program with options that it knows', async () => {
    const [, line = ''] = /^ExecStart=\S+ out\/main\/cli\.js (.*)$/m.exec(await read(path)) ?? []
    expect(line).not.toBe('')
    expect(await unknownOptions(line.split(' '))).toEqual([])
  })

  test.skipIf(!hasSystemd)('is one that systemd takes, and leaves the program little to do harm with', async () => {
    const folder = await temporaryFolder()
    try {
      const unit = join(folder.path, `${name}.service`)
      // The program is not installed here.
      await writeFile(unit, (await read(path)).replace(/^ExecStart=\S+/m, `ExecStart=${process.execPath}`))
      const { stderr } = await run('systemd-analyze', ['verify', '--man=no', unit])
      expect(stderr).toBe('')
      const security = ['security', '--offline=true', '--no-pager', '--threshold=25', unit]
      expect((await run('systemd-analyze', security)).stdout).toContain('Overall exposure level')
    } finally {
      await folder.remove()
    }
  })
})

test('the Grafana dashboard asks for metrics and labels that there are', async () => {
  const counters = new RoutingCounters()
  counters.served('ocr', 'forwarded', { path: 'direct', latencyMs: 5 })
  const routing = { ...sampleRoutingReport, ...counters.details(), totals: counters.snapshot(1) }
  const [service] = sampleStatus.services
  expect(service).toBeDefined()
  const text = formatMetrics([...nodeMetrics({ status: sampleStatus, routing }), ...coordinatorMetrics(figures)])
  const labels = new Map<string, Set<string>>()
  for (const [, name = '', pairs = ''] of text.matchAll(/^([a-z_]+)(?:\{(.*)\})? \S+$/gm)) {
    const known = labels.get(name) ?? new Set(['instance'])
    for (const [, label = ''] of pairs.matchAll(/([a-z_]+)="/g)) known.add(label)
    labels.set(name, known)
  }
  const dashboard = await read('deploy/grafana-dashboard.json')
  const expressions = [...dashboard.matchAll(/"expr": "(.*)",?$/gm)].map(([, each = '']) => each.replaceAll('\\"', '"'))
  expect(expressions.length).toBeGreaterThan(20)
  for (const expression of expressions) {
    const [metric = ''] = /rma_[a-z_]+/.exec(expression) ?? []
    expect([...labels.keys()], expression).toContain(metric)
    const used = /\bby \(([a-z_, ]+)\)/.exec(expression)?.[1]?.split(', ') ?? []
    expect([...(labels.get(metric) ?? [])], expression).toEqual(expect.arrayContaining(used))
  }
})

const figures = {
  node_id: sampleStatus.self.peerId,
  coordinator_id: null,
  version: '1.0.0',
  uptime_seconds: 1,
  memory_bytes: 1,
  cpu_seconds: 1,
  connections: 1,
  relay_reservations: 1,
  requests: { running: 0, finished: 0, refused: 0 },
  edge_requests_today: 0,
  dht: {
    node_id: sampleStatus.self.peerId,
    network_id: '0123456789abcdef',
    connected: 0,
    known: 0,
    donating: 0,
    directory: { workers: 0, keys: 0, bytes: 0 },
    http_workers: 0,
    routing: {
      local_requests: 0,
      forwarded_requests: 0,
      cache_hits: 0,
      cache_misses: 0,
      dht_lookups: 0,
      failed_requests: 0,
      cache_size: 0,
      cache_hit_rate: 0,
    },
  },
}

test('the workflow publishes the targets that the Dockerfile has', async () => {
  const workflow = parse(await read('.github/workflows/images.yml')) as {
    on: { push: { tags: string[] } }
    jobs: { publish: { strategy: { matrix: { target: string[] } }; steps: { with?: Record<string, string> }[] } }
  }
  expect(workflow.on.push.tags).toHaveLength(1)
  const { strategy, steps } = workflow.jobs.publish
  expect(strategy.matrix.target).toEqual([...targets])
  for (const target of strategy.matrix.target) expect(stages.map(({ name }) => name)).toContain(target)
  const build = steps.find(step => step.with?.file !== undefined)?.with
  expect(existsSync(join(repository, build?.file ?? ''))).toBe(true)
  expect(build?.platforms).toBe('linux/amd64,linux/arm64')
})
