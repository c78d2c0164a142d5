import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { RmaError } from '../../src/shared/errors.ts'
import { jsonForm } from './forms.ts'
import { fuzz } from './fuzz.ts'
import { bytesOf, type FuzzTarget, textOf } from './fuzz-target.ts'
import { parsingFiles } from './parsing-files.ts'
import { endTargets, makeTargets } from './targets/index.ts'

const root = join(import.meta.dirname, '..', '..')
const inputsEach = 40
/** The same each time, so that a run can be repeated; the long set takes others. */
const seed = 20_260_601

let targets: FuzzTarget[]

beforeAll(async () => {
  targets = await makeTargets()
})
afterAll(() => endTargets(targets))

it('refuses whatever it cannot take, in each parser of outside bytes, by a typed error', async () => {
  let inputs = 0
  for (const target of targets) {
    const result = await fuzz(target, { seed, inputs: inputsEach })
    inputs += result.inputs
    expect(result.failures, target.name).toEqual([])
  }
  console.log(`${inputs} inputs in ${targets.length} parsers`)
})

describe('the fuzzer', () => {
  const good = bytesOf(JSON.stringify({ name: 'a', list: [1, 2] }))
  const refusing = (parse: (value: unknown) => void): FuzzTarget => ({
    name: 'planted',
    covers: [],
    seeds: [good],
    form: jsonForm,
    parse(input) {
      try {
        JSON.parse(textOf(input))
      } catch {
        throw new RmaError('BAD_INPUT', 'expected JSON')
      }
      parse(JSON.parse(textOf(input)))
    },
  })

  it('finds a parser that trusts what it reads, and shows an input that proves it', async () => {
    const trusting = refusing(value => void (value as { list: unknown[] }).list.map(each => each))
    const { failures } = await fuzz(trusting, { seed, inputs: 200 })
    expect(failures[0]?.error).toMatch(/TypeError/)
    const input = Buffer.from(failures[0]?.input ?? '', 'base64')
    expect(() => trusting.parse(input)).toThrow(TypeError)
  })

  it('finds one that takes longer the longer it thinks', async () => {
    const slow = refusing(value => {
      const { list } = Object(value) as { list?: unknown }
      const spentMs = () => (process.cpuUsage().user + process.cpuUsage().system) / 1_000
      const until = spentMs() + (typeof list === 'string' ? 60 : 0)
      while (spentMs() < until);
    })
    expect((await fuzz(slow, { seed, inputs: 0 })).slowest.ms).toBeGreaterThan(50)
  })
})

describe('the list of parsers', () => {
  /** Files that parse, and need no target of their own. */
  const exempt: Record<string, string> = {
    'src/edge-router/coordinator-table.ts': 'reads back what it has checked and written itself',
    'src/main/cli/commands.ts':
      'reads what its own node answers, and what is typed; whatever fails ends the command with its reason',
    'src/main/cli/request-command.ts': 'as commands.ts',
    'src/main/cli/operator-api.ts': 'as commands.ts: the operator’s own coordinator',
    'src/main/cli/request.ts': 'as commands.ts',
    'src/main/cli/run.ts': 'commander’s parse: what is typed',
    'src/main/compose/services.ts': 'settings that were checked when they were read',
    'src/main/coordinator/ca/sealed-ca.ts':
      'a file its operator exported; each try costs a tenth of a second of scrypt',
    'src/main/coordinator/seed-exchange.ts': 'its envelopes are the target `list of seeds`',
    'src/main/diagnostics/diagnostics.ts': 'a URL of the settings',
    'src/main/directory/announcer.ts': 'its own state',
    'src/main/http/tunnelled-door.ts': 'its own URL',
    'src/main/routing/gpu-models.ts': 'a table that is shipped',
    'src/main/services/documents/image-pages.ts': 'runs in an engine’s process, which may fail; see ocr.test.ts',
    'src/main/services/loopback/engine-probe.ts': 'whatever fails means that there is no engine',
    'src/main/tunnels/cloudflared/download.ts': 'a table that is shipped',
    'src/shared/safe-parse.ts': 'what the others parse with',
    'src/shared/schema/service-settings.ts': 'a URL within a schema',
  }

  it('leaves out no source file that parses, but for those that are said to need none', () => {
    const covered = new Set(targets.flatMap(({ covers }) => covers))
    const missing = parsingFiles(root).filter(file => !covered.has(file) && exempt[file] === undefined)
    expect(missing).toEqual([])
  })

  it('names files that are there, and exempts none that is covered or parses nothing', () => {
    const covered = new Set(targets.flatMap(({ covers }) => covers))
    for (const file of covered) expect(readFileSync(join(root, file), 'utf8').length, file).toBeGreaterThan(0)
    const parsing = new Set(parsingFiles(root))
    expect(Object.keys(exempt).filter(file => covered.has(file) || !parsing.has(file))).toEqual([])
  })

  it('has each name once', () => {
    expect(new Set(targets.map(({ name }) => name)).size).toBe(targets.length)
  })

  it('reads others’ values with this program’s safeParse: zod’s own throws for some', () => {
    const direct = parsingFiles(root).filter(file => /\.safeParse\(/.test(readFileSync(join(root, file), 'utf8')))
    expect(direct.filter(file => file !== 'src/shared/safe-parse.ts')).toEqual([])
  })
})
