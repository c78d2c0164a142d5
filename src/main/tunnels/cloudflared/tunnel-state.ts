import type { TunnelView } from '../../../shared/schema/tunnel.ts'
import { type Milliseconds, minute, second } from '../../../shared/units.ts'
import { isResting } from '../../resting.ts'

/** How long a tunnel may take to tell its place, and then until somebody has come through it. */
const startingMs = 60 * second
const connectingMs = 90 * second
/** Checks in a row that have to fail before one that was well is given up. */
const failedChecksAllowed = 3
const firstDelayMs = 2 * second
const longestDelayMs = 10 * minute
/** The provider counts tries, too. */
const rateLimitDelayMs = 15 * minute
/** One that was well for so long begins anew with the shortest delay. */
const soundAfterMs = 10 * minute
/** Of the delay, at random, so that many nodes do not come back at once. */
const jitterShare = 0.25
const longestWaitMs = rateLimitDelayMs * (1 + jitterShare)
const usageExitCode = 255

/** Where a tunnel is. `failures`: tries since it was last well for a while. */
export type TunnelState =
  | { kind: 'stopped' }
  | { kind: 'starting'; since: Milliseconds; failures: number; limited: boolean }
  | { kind: 'connecting'; url: string; since: Milliseconds; failures: number; limited: boolean }
  | { kind: 'ready'; url: string; since: Milliseconds; failures: number; failedChecks: number }
  /** `ending`: the program has been told to end and has not yet. */
  | { kind: 'backing-off'; until: Milliseconds; why: string; failures: number; ending: boolean }
  /** `missing`: there is no program to run. */
  | { kind: 'failed'; why: string; ending: boolean; missing?: boolean }

export type TunnelEvent =
  | { kind: 'wanted' }
  | { kind: 'unwanted' }
  /** The program has told where the tunnel leads from. */
  | { kind: 'place'; url: string }
  | { kind: 'rate-limited' }
  /** Somebody tried to come through it and met this node, or not. */
  | { kind: 'checked'; well: boolean; why: string }
  | { kind: 'exited'; code: number | null; lastLine: string }
  | { kind: 'tick' }

export type TunnelAction = 'spawn' | 'end'

export interface TunnelStep {
  state: TunnelState
  actions: readonly TunnelAction[]
}

export interface TunnelMoment {
  now: Milliseconds
  /** From 0 up to 1. */
  random: number
}

export const stopped: TunnelState = { kind: 'stopped' }

/** What becomes of a tunnel. Pure: the same state, event and moment lead to the same step. */
export function nextTunnelStep(state: TunnelState, event: TunnelEvent, moment: TunnelMoment): TunnelStep {
  if (event.kind === 'unwanted') return { state: stopped, actions: runs(state) ? ['end'] : [] }
  switch (state.kind) {
    case 'stopped':
      return event.kind === 'wanted' ? start(0, moment) : stay(state)
    case 'starting':
      return fromStarting(state, event, moment)
    case 'connecting':
      return fromConnecting(state, event, moment)
    case 'ready':
      return fromReady(state, event, moment)
    case 'backing-off':
      if (event.kind === 'exited') return stay({ ...state, ending: false })
      return event.kind === 'tick' && !isResting(state.until, moment.now, longestWaitMs) && !state.ending
        ? start(state.failures, moment)
        : stay(state)
    case 'failed':
      return event.kind === 'exited' ? stay({ ...state, ending: false }) : stay(state)
  }
}

type In<K extends TunnelState['kind']> = Extract<TunnelState, { kind: K }>

function fromStarting(state: In<'starting'>, event: TunnelEvent, moment: TunnelMoment): TunnelStep {
  switch (event.kind) {
    case 'place': {
      const { failures, limited } = state
      return stay({ kind: 'connecting', url: event.url, since: moment.now, failures, limited })
    }
    case 'rate-limited':
      return stay({ ...state, limited: true })
    case 'exited':
      return afterExit(state, event, moment)
    case 'tick':
      return isResting(state.since + startingMs, moment.now, startingMs)
        ? stay(state)
        : giveUp(state, 'it told no address in time', moment)
    default:
      return stay(state)
  }
}

function fromConnecting(state: In<'connecting'>, event: TunnelEvent, moment: TunnelMoment): TunnelStep {
  switch (event.kind) {
    case 'place':
      return stay(event.url === state.url ? state : { ...state, url: event.url, since: moment.now })
    case 'rate-limited':
      return stay({ ...state, limited: true })
    case 'checked':
      if (event.well) {
        const { url, failures } = state
        return stay({ kind: 'ready', url, since: moment.now, failures, failedChecks: 0 })
      }
      return isResting(state.since + connectingMs, moment.now, connectingMs)
        ? stay(state)
        : giveUp(state, event.why, moment)
    case 'exited':
      return afterExit(state, event, moment)
    default:
      return stay(state)
  }
}

function fromReady(state: In<'ready'>, event: TunnelEvent, moment: TunnelMoment): TunnelStep {
  switch (event.kind) {
    case 'place': {
      if (event.url === state.url) return stay(state)
      const { failures } = state
      return stay({ kind: 'connecting', url: event.url, since: moment.now, failures, limited: false })
    }
    case 'checked': {
      const failedChecks = event.well ? 0 : state.failedChecks + 1
      return failedChecks < failedChecksAllowed
        ? stay({ ...state, failedChecks })
        : giveUp({ failures: settledFailures(state, moment), limited: false }, event.why, moment)
    }
    case 'exited':
      return afterExit({ failures: settledFailures(state, moment), limited: false }, event, moment)
    default:
      return stay(state)
  }
}

function settledFailures({ since, failures }: In<'ready'>, { now }: TunnelMoment): number {
  return now - since >= soundAfterMs ? 0 : failures
}

interface Tries {
  failures: number
  limited: boolean
}

function afterExit(tries: Tries, { code, lastLine }: Extract<TunnelEvent, { kind: 'exited' }>, moment: TunnelMoment) {
  if (code === usageExitCode) return stay({ kind: 'failed', why: `it refused to start: ${lastLine}`, ending: false })
  const why = tries.limited
    ? 'the provider is asked for too many tunnels'
    : `it ended (${code ?? 'by a signal'}): ${lastLine}`
  return stay(backOff(tries, why, moment, false))
}

function giveUp(tries: Tries, why: string, moment: TunnelMoment): TunnelStep {
  return { state: backOff(tries, why, moment, true), actions: ['end'] }
}

function backOff(
  { failures, limited }: Tries,
  why: string,
  { now, random }: TunnelMoment,
  ending: boolean,
): TunnelState {
  const delayMs = Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(20, failures))
  const atLeastMs = limited ? rateLimitDelayMs : delayMs
  const until = now + Math.round(atLeastMs * (1 + jitterShare * random))
  return { kind: 'backing-off', until, why, failures: failures + 1, ending }
}

function start(failures: number, { now }: TunnelMoment): TunnelStep {
  return { state: { kind: 'starting', since: now, failures, limited: false }, actions: ['spawn'] }
}

function stay(state: TunnelState): TunnelStep {
  return { state, actions: [] }
}

/** Whether the program runs, and has not been told to end. */
function runs({ kind }: TunnelState): boolean {
  return kind === 'starting' || kind === 'connecting' || kind === 'ready'
}

/** As pages and the command show it. */
export function shownState(state: TunnelState): TunnelView {
  switch (state.kind) {
    case 'stopped':
    case 'starting':
      return { kind: state.kind }
    case 'connecting':
      return { kind: 'connecting', url: state.url }
    case 'ready':
      return { kind: 'ready', url: state.url, since: state.since }
    case 'backing-off':
      return { kind: 'backing-off', why: state.why, until: state.until }
    case 'failed':
      return { kind: state.missing === true ? 'unavailable' : 'failed', why: state.why }
  }
}
