import type { Allowance, Mode, Reason } from '../../../shared/schema/allowance.ts'
import type { Limits } from '../../../shared/schema/limits.ts'
import { KiB, type Milliseconds, minute, second } from '../../../shared/units.ts'
import { clear, type Hold, lettingGoMs, nextHold } from './hold.ts'
import type { PolicyInput, Rule, RuleInput, Wishes } from './rule.ts'
import { batteryLow, onBattery } from './rules/battery.ts'
import { inUseHalts, inUseHaltsGpu, inUseSlows } from './rules/in-use.ts'
import { memoryShort, vramShort } from './rules/memory.ts'
import { dataUsed, metered } from './rules/network.ts'
import { otherPrograms } from './rules/other-programs.ts'
import { programRuns } from './rules/programs.ts'
import { outOfHours } from './rules/schedule.ts'
import { cpuHot, gpuHot } from './rules/temperature.ts'
import { finishing, gpuPaused, off, paused } from './rules/wishes.ts'
import { scheduleState } from './week.ts'

/** Every rule. Of several that hold equally hard, the first gives the reason. */
export const rules = {
  off,
  paused,
  finishing,
  cpuHot,
  onBattery,
  batteryLow,
  programRuns,
  outOfHours,
  inUseHalts,
  otherPrograms,
  memoryShort,
  metered,
  dataUsed,
  inUseSlows,
  gpuPaused,
  gpuHot,
  inUseHaltsGpu,
  vramShort,
} as const satisfies Record<string, Rule>
export type RuleName = keyof typeof rules

const ruleEntries = Object.entries(rules) as [RuleName, Rule][]

/** What the policy remembers from one look to the next. */
export interface PolicyState {
  at?: Milliseconds
  holds: Partial<Record<RuleName, Hold>>
}

export const initialPolicy: PolicyState = { holds: {} }

/** A look longer after the one before counts as this: the machine slept, or its clock was turned. */
const longestStepMs = 2 * second

const severity: Record<Mode, number> = { work: 0, slow: 1, drain: 2, halt: 3 }

/** Decides what the node may do now. Pure: the same looks in the same order give the same allowances. */
export function decide(state: PolicyState, input: PolicyInput): { state: PolicyState; allowance: Allowance } {
  const ruleInput = prepared(input)
  const elapsedMs = Math.min(longestStepMs, Math.max(0, input.now - (state.at ?? input.now)))
  const holds: PolicyState['holds'] = {}
  for (const [name, rule] of ruleEntries) {
    const before = state.holds[name] ?? clear
    const finding = rule.judge(ruleInput, before.kind === 'holding')
    holds[name] = nextHold(before, finding, rule.times(ruleInput.limits), elapsedMs)
  }
  return { state: { at: input.now, holds }, allowance: allowanceOf(holds, ruleInput) }
}

/** What the node may do once every rule that is broken now has taken hold: for owners who try limits out. Pure. */
export function foresee(input: PolicyInput): Allowance {
  const ruleInput = prepared(input)
  const holds: PolicyState['holds'] = {}
  for (const [name, rule] of ruleEntries) {
    const finding = rule.judge(ruleInput, false)
    if (finding !== undefined) holds[name] = { kind: 'holding', heldMs: 0, keptMs: 0, finding }
  }
  return allowanceOf(holds, ruleInput)
}

function prepared(input: PolicyInput): RuleInput {
  const { limits } = input.wishes
  const { idle } = input.facts
  const inUse = idle.known ? idle.value < limits.whileInUse.idleMinutes * minute : input.machine.attended
  return { ...input, limits, inUse, memoryMiB: allowedMemory(input, inUse ? limits.memory.inUse : limits.memory.idle) }
}

/** The owner's share of the memory, and never more than other programs leave. */
function allowedMemory({ facts: { memory }, machine }: PolicyInput, share: number): number {
  const allowed = Math.floor(machine.memoryMiB * share)
  if (!memory.known) return allowed
  return Math.max(0, Math.min(allowed, Math.floor(memory.value.totalMiB - memory.value.othersMiB)))
}

/** A rule that holds. */
interface Holding {
  rule: Rule
  reason: Reason
  until?: Milliseconds
}

function allowanceOf(holds: PolicyState['holds'], input: RuleInput): Allowance {
  const { limits, machine, wishes, now } = input
  const holding = ruleEntries.flatMap(([name, rule]) => holdingOf(rule, holds[name] ?? clear, input))
  const anyway = worksAnyway(wishes, now)
  const inForce = anyway ? holding.filter(({ rule }) => !rule.overridable) : holding
  const whole = hardest(inForce.filter(({ rule }) => rule.target === 'all'))
  const graphics = whole?.rule.mode === 'halt' ? whole : (hardest(inForce.filter(isOfGpu)) ?? whole)
  const hidden = anyway ? hardest(holding.filter(({ rule }) => rule.overridable)) : undefined
  const mode = whole?.rule.mode ?? 'work'
  const threads = threadsOf(mode, limits, machine.cpuThreads)
  const until = whole?.until ?? (mode === 'work' ? closingTime(input, anyway) : undefined)
  const nothingAgainst = anyway ? anywayReason(wishes) : ({ kind: 'clear' } as const)
  return {
    mode,
    reason: whole?.reason ?? nothingAgainst,
    ...(until === undefined ? {} : { until }),
    cpuThreads: threads,
    jobs: threads === 0 ? 0 : Math.min(limits.jobs ?? threads, mode === 'slow' ? threads : Number.POSITIVE_INFINITY),
    memoryMiB: input.memoryMiB,
    gpu: {
      // What runs on a card while nothing new is taken on may finish there.
      use: graphics?.rule.mode !== 'halt',
      reason: graphics?.reason ?? nothingAgainst,
      vramKeptFreeMiB: limits.vramKeptFreeMiB,
    },
    ...bandwidthOf(limits),
    ...(hidden === undefined ? {} : { hides: hidden.reason }),
    blind: blindSensors(input),
  }
}

function bandwidthOf({ network: { downKibPerSecond: down, upKibPerSecond: up } }: Limits) {
  return {
    ...(down === undefined ? {} : { downBytesPerSecond: down * KiB }),
    ...(up === undefined ? {} : { upBytesPerSecond: up * KiB }),
  }
}

function holdingOf(rule: Rule, hold: Hold, { limits, now }: RuleInput): Holding[] {
  if (hold.kind !== 'holding') return []
  const lettingGo = hold.keptMs > 0 ? lettingGoMs(hold, rule.times(limits)) : undefined
  const until = lettingGo === undefined ? hold.finding.until : now + lettingGo
  return [{ rule, reason: hold.finding.reason, ...(until === undefined ? {} : { until }) }]
}

function isOfGpu({ rule }: Holding): boolean {
  return rule.target === 'gpu'
}

function hardest(holding: Holding[]): Holding | undefined {
  return holding.reduce<Holding | undefined>(
    (best, each) => (best === undefined || severity[each.rule.mode] > severity[best.rule.mode] ? each : best),
    undefined,
  )
}

function worksAnyway({ override }: Wishes, now: Milliseconds): boolean {
  return override?.kind === 'run' && (override.until === undefined || now < override.until)
}

function anywayReason({ override }: Wishes): Reason {
  return { kind: 'anyway', ...(override?.until === undefined ? {} : { until: override.until }) }
}

function threadsOf(mode: Mode, limits: Limits, machineThreads: number): number {
  if (mode === 'drain' || mode === 'halt') return 0
  const threads = Math.min(limits.cpuThreads ?? machineThreads, machineThreads)
  return mode === 'slow' ? Math.max(1, Math.floor(threads / 2)) : threads
}

/** When work that goes on now ends by itself. */
function closingTime({ limits, wishes, now }: RuleInput, anyway: boolean): Milliseconds | undefined {
  if (anyway) return wishes.override?.until
  if (limits.schedule === undefined) return undefined
  return scheduleState(limits.schedule, now).until
}

/** Sensors that rules in force ask in vain. */
function blindSensors({ facts, limits }: RuleInput): Allowance['blind'] {
  const asked = new Set(ruleEntries.flatMap(([, rule]) => rule.needs(limits) ?? []))
  return [...asked].flatMap(sensor => {
    const fact = facts[sensor]
    return fact.known ? [] : [{ sensor, cause: fact.cause }]
  })
}
