import { parseArgs } from 'node:util'

/** What the command line asks for. */
export type BenchCommand = { kind: 'list' } | BenchRun | BenchAll

export interface BenchRun {
  kind: 'run'
  name: string
  repeats: number
  /** File to write the result to. */
  json?: string
}

/** One after the other, with a summary against the targets. */
export interface BenchAll {
  kind: 'all'
  names: string[]
  repeats: number
}

export const usage =
  'npm run bench -- <name> [--json FILE] [--repeats N], or npm run bench -- all [<name> ...] [--repeats N]'

const defaultRepeats = 3
const mostRepeats = 100

/** Reads the arguments after the program's name. Throws an Error whose message says what was expected. */
export function parseArguments(args: readonly string[], names: readonly string[]): BenchCommand {
  const { values, positionals } = parseArgs({
    args: [...args],
    options: { json: { type: 'string' }, repeats: { type: 'string' } },
    allowPositionals: true,
  })
  const [name, ...more] = positionals
  if (name === undefined) return { kind: 'list' }
  if (name === 'all') {
    if (values.json !== undefined)
      throw new Error('--json: expected one benchmark; those of all are kept in bench/results')
    for (const each of more)
      if (!names.includes(each)) throw new Error(`expected some of ${names.join(', ')}, got ${each}`)
    return { kind: 'all', names: more.length === 0 ? [...names] : more, repeats: parseRepeats(values.repeats) }
  }
  if (more.length > 0) throw new Error(`expected one benchmark, got ${positionals.join(', ')}`)
  if (!names.includes(name)) throw new Error(`expected one of ${names.join(', ')}, got ${name}`)
  if (values.json === '') throw new Error('--json: expected a file name, got nothing')
  return {
    kind: 'run',
    name,
    repeats: parseRepeats(values.repeats),
    ...(values.json === undefined ? {} : { json: values.json }),
  }
}

function parseRepeats(text: string | undefined): number {
  if (text === undefined) return defaultRepeats
  const repeats = /^\d{1,3}$/.test(text) ? Number(text) : 0
  if (repeats < 1 || repeats > mostRepeats) {
    throw new Error(`--repeats: expected a number from 1 to ${mostRepeats}, got ${text}`)
  }
  return repeats
}
