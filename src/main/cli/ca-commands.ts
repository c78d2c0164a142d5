import { readFile, writeFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { Writable } from 'node:stream'
import type { Command } from 'commander'
import { pino } from 'pino'
import { RmaError } from '../../shared/errors.ts'
import type { Settings } from '../../shared/schema/settings.ts'
import { type CommandContext, type CommonOptions, dataFolderOption, jsonOption, print } from './command-context.ts'

interface PassphraseOptions extends CommonOptions {
  passphraseFile?: string
}

/** `rma-donor ca`: the key that admits members, on the machine of a coordinator. */
export function addCa(program: Command, context: CommandContext): void {
  const ca = program.command('ca').description('the CA key of a network: who holds it admits members')
  ca.command('create')
    .description('make a network with members: its CA key is made in the data folder, and stays there')
    .argument('<network>', 'name of the network')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (network: string, options: CommonOptions) => {
      const { dataFolder, settings } = await openFolder(options, context)
      const { findCaKey, loadCaKey } = await import('../coordinator/ca/ca-file.ts')
      const { name } = settings.settings.get().network
      if (name !== network && (await findCaKey(dataFolder)) !== undefined)
        throw new RmaError('CA_UNUSABLE', `this folder holds the CA key of the network ${name}: choose another folder`)
      const { publicKey } = await loadCaKey(dataFolder)
      await settings.change(current => inNetwork(current, network, publicKey))
      print(context, options, { network, caPublicKey: publicKey }, () => formatMade(network, publicKey))
    })
  ca.command('export')
    .description('write the key to a file, under a passphrase, for another coordinator of the network')
    .argument('<file>', 'new file to write')
    .option('--passphrase-file <file>', 'file that holds the passphrase (default: it is asked for)')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (file: string, options: PassphraseOptions) => {
      const { dataFolder, settings } = await openFolder(options, context)
      const { findCaKey } = await import('../coordinator/ca/ca-file.ts')
      const { sealCa } = await import('../coordinator/ca/sealed-ca.ts')
      const key = await findCaKey(dataFolder)
      if (key === undefined) throw new RmaError('CA_UNUSABLE', `there is no CA key in ${dataFolder}`)
      const network = settings.settings.get().network.name
      const sealed = await sealCa({ network, key }, await readPassphrase(options, context))
      await writeFile(file, sealed, { flag: 'wx', mode: 0o600 }).catch((cause: Error) => {
        throw new RmaError('BAD_INPUT', `${file} could not be written: ${cause.message}`, {}, { cause })
      })
      print(context, options, { network, file }, () => `Wrote ${file}. Carry it over, import it there, and delete it.`)
    })
  ca.command('import')
    .description('take over the key from a file that `ca export` has written')
    .argument('<file>', 'the file')
    .option('--passphrase-file <file>', 'file that holds the passphrase (default: it is asked for)')
    .option(...jsonOption)
    .option(...dataFolderOption)
    .action(async (file: string, options: PassphraseOptions) => {
      const { dataFolder, settings } = await openFolder(options, context)
      const { saveCaKey } = await import('../coordinator/ca/ca-file.ts')
      const { openCa } = await import('../coordinator/ca/sealed-ca.ts')
      const { network, key } = await openCa(await readGiven(file), await readPassphrase(options, context))
      await saveCaKey(dataFolder, key)
      await settings.change(current => inNetwork(current, network, key.publicKey))
      print(context, options, { network, caPublicKey: key.publicKey }, () => formatMade(network, key.publicKey))
    })
}

/** Settings count from the next start, and a running coordinator would write over them: it has to be stopped. */
async function openFolder({ dataFolder: chosen }: CommonOptions, { env }: CommandContext) {
  const { systemClock } = await import('../clock.ts')
  const { loadConfig } = await import('../config/node-config.ts')
  const { readAnsweringRuntime } = await import('../config/runtime-file.ts')
  const { SettingsStore } = await import('../config/settings-store.ts')
  const { dataFolder } = await loadConfig({ env, flags: chosen === undefined ? {} : { dataFolder: chosen } })
  const running = await readAnsweringRuntime(dataFolder).then(
    () => true,
    () => false,
  )
  if (running) throw new RmaError('DATA_FOLDER_IN_USE', `a node is running on ${dataFolder}: stop it first`)
  const settings = new SettingsStore({ clock: systemClock, log: pino({ level: 'silent' }) }, { dataFolder })
  await settings.load()
  return { dataFolder, settings }
}

function inNetwork(current: Settings, name: string, caPublicKey: string): Settings {
  return { ...current, network: { ...current.network, name, caPublicKey } }
}

function formatMade(network: string, publicKey: string): string {
  return `Network ${network}, CA ${publicKey}.\nStart it with \`rma-donor coordinator\`; \`rma-donor invite\` then makes invites. Back up the data folder: without the CA key nobody can be admitted.`
}

async function readGiven(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: Error) => {
    throw new RmaError('BAD_INPUT', `${file} could not be read: ${cause.message}`, {}, { cause })
  })
}

/** From a file, a pipe, or the keyboard without showing it; never from the command line, which others can see. */
async function readPassphrase({ passphraseFile }: PassphraseOptions, context: CommandContext): Promise<string> {
  if (passphraseFile !== undefined) return (await readGiven(passphraseFile)).replace(/\r?\n$/, '')
  const { input, errorOutput, signal } = context
  const isTerminal = 'isTTY' in input && input.isTTY === true
  if (isTerminal) errorOutput.write('Passphrase: ')
  const silent = new Writable({ write: (_chunk, _encoding, done) => done() })
  const lines = createInterface({ input, output: silent, terminal: isTerminal, signal })
  try {
    for await (const line of lines) return line
    throw new RmaError('BAD_INPUT', 'expected a passphrase on standard input')
  } finally {
    lines.close()
    if (isTerminal) errorOutput.write('\n')
  }
}
