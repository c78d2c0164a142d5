import fc from 'fast-check'
import { RmaError } from '../../src/shared/errors.ts'
import type { Milliseconds } from '../../src/shared/units.ts'
import { prepare, type Recipe, recipes, trapRecipes } from './edits.ts'
import type { FuzzTarget } from './fuzz-target.ts'

/** A parser that takes more processor time than this can be held up by whoever sends it such inputs. */
export const slowMs: Milliseconds = 100
const inputsAtOnce = 500
const mostFailures = 5

export interface FuzzInit {
  /** The same seed makes the same inputs. */
  seed: number
  inputs: number
  /** Ends after about so long, whatever there is left. Default: never. */
  forMs?: Milliseconds
  onProgress?: (done: number) => void
}

export interface FuzzFailure {
  error: string
  /** base64 of the smallest input found that shows it. */
  input: string
  seed: number
}

export interface FuzzResult {
  target: string
  inputs: number
  /** How often each came of it: `taken`, the code of a refusal, or what the target says itself. */
  outcomes: Record<string, number>
  failures: FuzzFailure[]
  /** Most processor time that one input took; only where it took as much each of three times: garbage may be collected in one. */
  slowest: { ms: Milliseconds; input: string }
}

/** Feeds a parser with traps and then with `inputs` made by chance, and judges what becomes of each. */
export async function fuzz(
  target: FuzzTarget,
  { seed, inputs, forMs = Number.POSITIVE_INFINITY, onProgress = () => undefined }: FuzzInit,
): Promise<FuzzResult> {
  const result: FuzzResult = {
    target: target.name,
    inputs: 0,
    outcomes: {},
    failures: [],
    slowest: { ms: 0, input: '' },
  }
  const feed = async (recipe: Recipe) => {
    const input = await prepare(target, recipe)
    result.inputs++
    const tookMs = await judge(target, input, result)
    if (tookMs > Math.max(slowMs / 4, result.slowest.ms)) await noteSlow(target, input, tookMs, result)
  }
  for (const recipe of trapRecipes(target)) {
    try {
      await feed(recipe)
    } catch (error) {
      result.failures.push(failureOf(error, await prepare(target, recipe), seed))
      if (result.failures.length >= mostFailures) return result
    }
  }
  const property = fc.asyncProperty(recipes(target), feed)
  const trapped = result.inputs
  const endAt = performance.now() + forMs
  while (result.inputs - trapped < inputs && result.failures.length < mostFailures && performance.now() < endAt) {
    const part = seed + result.inputs
    const outcome = await fc.check(property, {
      seed: part,
      numRuns: Math.min(inputsAtOnce, inputs + trapped - result.inputs),
    })
    if (outcome.failed) {
      const recipe = outcome.counterexample?.[0]
      const input = recipe === undefined ? new Uint8Array() : await prepare(target, recipe)
      result.failures.push(failureOf(outcome.errorInstance, input, part))
    }
    onProgress(result.inputs)
  }
  return result
}

function failureOf(error: unknown, input: Uint8Array, seed: number): FuzzFailure {
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return { error: text, input: Buffer.from(input).toString('base64'), seed }
}

async function judge(
  target: FuzzTarget,
  input: Uint8Array,
  result: Pick<FuzzResult, 'outcomes'>,
): Promise<Milliseconds> {
  const before = process.cpuUsage()
  const outcome = await outcomeOf(target, input)
  const { user, system } = process.cpuUsage(before)
  const tookMs = (user + system) / 1_000
  result.outcomes[outcome] = (result.outcomes[outcome] ?? 0) + 1
  return tookMs
}

async function outcomeOf(target: FuzzTarget, input: Uint8Array): Promise<string> {
  try {
    const came = await target.parse(input)
    return typeof came === 'string' && came.startsWith('HTTP ') ? came : 'taken'
  } catch (error) {
    const refusal = refusalOf(target, error)
    if (refusal === undefined) throw error
    return refusal
  }
}

/** Its code; undefined for what is no refusal but a fault. */
function refusalOf(target: FuzzTarget, error: unknown): string | undefined {
  if (error instanceof RmaError) return error.code === 'INTERNAL' ? undefined : error.code
  return target.refuses?.(error) === true ? (error as Error).name : undefined
}

async function noteSlow(target: FuzzTarget, input: Uint8Array, firstMs: Milliseconds, result: FuzzResult) {
  let ms = firstMs
  for (let round = 0; round < 2; round++) ms = Math.min(ms, await judge(target, input, { outcomes: {} }))
  if (ms > result.slowest.ms) result.slowest = { ms, input: Buffer.from(input).toString('base64').slice(0, 2_000) }
}
