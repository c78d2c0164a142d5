import { Command, Option } from 'commander'
import { RmaError } from '../../shared/errors.ts'
import { logLevelSchema } from '../../shared/schema/log.ts'
import type { Flags } from '../config/node-config.ts'
import { addBandwidth } from './bandwidth.ts'
import { addCa } from './ca-commands.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'
import { addContribution, localDay } from './contribution.ts'
import { addCoordinators } from './coordinators.ts'
import { formatDiagnosis } from './doctor.ts'
import { exitCodeHelp } from './exit-code.ts'
import { formatStatus, formatTopology } from './format.ts'
import { addHardware } from './hardware.ts'
import { addJoin, addMembership } from './join.ts'
import { addKeys } from './key-commands.ts'
import { addInvite, addMembers } from './member-commands.ts'
import { findCoordinator } from './operator-api.ts'
import { collectSeeds, parsePort, parsePretended } from './options.ts'
import { addPause } from './pause.ts'
import { addRequest } from './request-command.ts'
import { askNode, findRunningNode } from './running-node.ts'
import { addSchedule } from './schedule.ts'
import { formatStatistics } from './statistics.ts'
import { addTunnel } from './tunnel.ts'
import { addVpn } from './vpn.ts'

interface HeadlessOptions extends Omit<Flags, 'seeds'> {
  donate?: boolean
  seed?: string[]
  logLevel: string
}

/** The `rma-donor` command. Failures leave as RmaError, wrong usage as commander's own error. */
export function createProgram(context: CommandContext): Command {
  const program = new Command('rma-donor')
    .description("Give your computer's spare time to a charity's document and AI services, peer to peer.")
    .version(context.version)
    .exitOverride()
    // `invite` has options, and so have its subcommands: each takes those that come after its own name.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: text => void context.output.write(text),
      writeErr: text => void context.errorOutput.write(text),
    })
    .showHelpAfterError('(see --help)')
    .addHelpText('after', exitCodeHelp)

  addHeadless(program, context)
  addCoordinator(program, context)
  addKeys(program, context)
  addCa(program, context)
  addInvite(program, context)
  addMembers(program, context)
  addJoin(program, context)
  addMembership(program, context)
  addVpn(program, context)
  addRequest(program, context)
  addDonate(program, context)
  addPause(program, context)
  addSchedule(program, context)
  addBandwidth(program, context)
  addContribution(program, context)
  addStatus(program, context)
  addTunnel(program, context)
  addTopology(program, context)
  addCoordinators(program, context)
  addStatistics(program, context)
  addHardware(program, context)
  addDoctor(program, context)
  addReport(program, context)
  addToken(program, context)
  return program
}

function addHeadless(program: Command, context: CommandContext): void {
  nodeOptions(program.command('headless'))
    .description('run a node without a window; its dashboard opens in a browser on this machine')
    .action((options: HeadlessOptions) => runNode('headless', options, context))
}

function addCoordinator(program: Command, context: CommandContext): void {
  nodeOptions(program.command('coordinator'))
    .description('run a coordinator: a node that others find the network through, with an HTTP API for who has no node')
    .option('--api-port <port>', 'port of the HTTP API', parsePort)
    .option('--api-listen <ip>', 'address the HTTP API listens on')
    .action((options: HeadlessOptions) => runNode('coordinator', options, context))
}

function nodeOptions(command: Command): Command {
  return command
    .option('--donate', 'donate at once; you agree that other people’s documents pass through this machine’s memory')
    .option(...dataFolderOption)
    .option('--network <name>', 'network to join')
    .option('--seed <multiaddr...>', 'node to try first; may be repeated', collectSeeds)
    .option('--no-mdns', 'do not look for nodes on the local network')
    .option('--relay', 'pass on what others send to donors that cannot be reached, where this node can be')
    .option('--no-port-mapping', 'do not ask the router to forward a port to this node')
    .option('--listen <ip...>', 'addresses to listen on')
    .option('--announce <multiaddr...>', 'address others reach this node by, where none of its network cards has it')
    .option('--location <label>', 'where this node is, such as london')
    .option('--dht-port <port>', 'port for other nodes', parsePort)
    .option('--service-port <port>', 'port for programs on this machine', parsePort)
    .option('--dashboard-port <port>', 'port of the dashboard', parsePort)
    .option('--public-port <port>', 'take requests of web pages that show a ticket, at this port', parsePort)
    .option('--public-listen <ip>', 'address for requests with tickets, instead of 127.0.0.1')
    .option(
      '--pretend <capabilities>',
      'capabilities to announce instead of the machine’s own: JSON or a file of it',
      parsePretended,
    )
    .option('--dedicated', 'this machine does nothing else: take no notice of its users and other programs')
    .option('--system-root <folder>', 'where the machine’s /proc and /sys are, for a node in a container')
    .addOption(new Option('--loopback-swarm', 'lift limits for each address: for many nodes on one machine').hideHelp())
    .addOption(new Option('--log-level <level>', 'least level to log').choices(logLevelSchema.options).default('info'))
}

async function runNode(
  workerType: 'headless' | 'coordinator',
  { donate, seed, logLevel, mdns, portMapping, ...flags }: HeadlessOptions,
  context: CommandContext,
): Promise<void> {
  // Loaded only here: the other commands need no node of their own, and start in a fraction of the time.
  const { runHeadless } = await import('../headless/main.ts')
  await runHeadless({
    env: context.env,
    workerType,
    // commander's --no-mdns makes `mdns` true unless given; only the refusal is a choice.
    flags: {
      ...flags,
      ...(seed === undefined ? {} : { seeds: seed }),
      ...(mdns === false ? { mdns } : {}),
      ...(portMapping === false ? { portMapping } : {}),
    },
    donate: donate ?? false,
    logLevel: logLevelSchema.parse(logLevel),
    version: context.version,
    entryUrl: context.entryUrl,
    output: context.output,
    errorOutput: context.errorOutput,
    signal: context.signal,
    ...(context.launchEngines === undefined ? {} : { launchEngines: context.launchEngines }),
  })
}

function addDonate(program: Command, context: CommandContext): void {
  program
    .command('donate')
    .description('switch donating on or off')
    .addArgument(program.createArgument('<switch>').choices(['on', 'off']))
    .option('--agree', 'the first time: you agree that other people’s documents pass through this machine’s memory')
    .option('--finish', 'with off: finish what runs first; otherwise it is handed back for others to do')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (position: 'on' | 'off', options: CommonOptions & { agree?: boolean; finish?: boolean }) => {
      const donating = position === 'on'
      if (donating && options.finish === true) throw new RmaError('BAD_REQUEST', '--finish goes with off')
      const consent = options.agree === true ? { consent: true } : {}
      const node = await findRunningNode(options.dataFolder, context.env)
      if (options.finish === true) {
        await askNode(node, rpc => rpc.donation.finish())
        print(context, options, { donating, finishing: true }, () => 'Finishing what runs, then stopping.')
        return
      }
      await askNode(node, rpc => rpc.donation.set({ donating, ...consent })).catch(explainConsent)
      print(context, options, { donating }, () => (donating ? 'Donating.' : 'Not donating.'))
    })
}

function explainConsent(error: unknown): never {
  if (error instanceof RmaError && error.code === 'CONSENT_REQUIRED') {
    const message =
      'while you donate, other people’s documents pass through this machine’s memory (nothing is stored); if you agree, add --agree'
    throw new RmaError(error.code, message, error.details, { cause: error })
  }
  throw error
}

function addStatus(program: Command, context: CommandContext): void {
  program
    .command('status')
    .description('what the node does, and why')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const day = localDay(context.now())
      const [status, { counts }, today] = await askNode(node, rpc =>
        Promise.all([
          rpc.status.get(),
          rpc.network.get(),
          // A ledger that cannot be read, which the status tells of, must not hide all else.
          rpc.ledger.contribution({ from: day, to: day }).then(
            ({ served }) => served,
            () => undefined,
          ),
        ]),
      )
      print(context, options, { ...status, ...(today === undefined ? {} : { today }) }, () =>
        formatStatus(status, counts, context.now()),
      )
    })
}

function addTopology(program: Command, context: CommandContext): void {
  program
    .command('topology')
    .description('the network as the node sees it')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const topology = await askNode(node, rpc => rpc.network.get())
      print(context, options, topology, () => formatTopology(topology))
    })
}

function addStatistics(program: Command, context: CommandContext): void {
  program
    .command('stats')
    .description('what the node did with requests: how they were served, and how long workers and paths took')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const report = await askNode(node, rpc => rpc.network.statistics())
      print(context, options, report, () => formatStatistics(report))
    })
}

function addDoctor(program: Command, context: CommandContext): void {
  program
    .command('doctor')
    .description('why the node can or cannot take part in the network, and what to do about it')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions) => {
      const node = await findRunningNode(options.dataFolder, context.env)
      const diagnosis = await askNode(node, rpc => rpc.network.diagnose())
      print(context, options, diagnosis, () => formatDiagnosis(diagnosis, context.now()))
    })
}

function addReport(program: Command, context: CommandContext): void {
  program
    .command('report')
    .description(
      'what somebody who helps has to know: versions, machine, status, settings and the last log lines, without secrets',
    )
    .option(...dataFolderOption)
    .option(...jsonOption)
    .action(async (options: CommonOptions) => {
      const running = await findRunningNode(options.dataFolder, context.env)
      const report = await askNode(running, rpc => rpc.logs.diagnostics())
      print(context, options, report, () => report.text)
    })
}

function addToken(program: Command, context: CommandContext): void {
  program
    .command('token')
    .description('the access token of the running node; its dashboard’s address goes to standard error')
    .option('--operator', 'the token of a coordinator’s operator instead, for its HTTP API')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (options: CommonOptions & { operator?: boolean }) => {
      if (options.operator === true) return await printOperatorToken(context, options)
      const { runtime, token } = await findRunningNode(options.dataFolder, context.env)
      const dashboardUrl = `${runtime.dashboardUrl}?token=${token}`
      print(context, options, { token, dashboardUrl }, () => token)
      if (options.json !== true) context.errorOutput.write(`Dashboard: ${dashboardUrl}\n`)
    })
}

async function printOperatorToken(context: CommandContext, options: CommonOptions): Promise<void> {
  const { token, url } = await findCoordinator(options.dataFolder, context.env)
  print(context, options, { token, apiUrl: url }, () => token)
}
