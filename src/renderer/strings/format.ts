import { day, hour, MiB, type Milliseconds, minute, second } from '../../shared/units.ts'

/** The language of the strings; times and numbers follow the reader's own region where it speaks that language. */
const locale = pickLocale(globalThis.navigator?.languages ?? [])

/** The reader's first English variant, British English when there is none. */
export function pickLocale(languages: readonly string[]): string {
  return languages.find(language => language === 'en' || language.startsWith('en-')) ?? 'en-GB'
}

const integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
const oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
const percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
const clock = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', second: '2-digit', hour12: false })
const dateAndClock = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
const dayAndMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
const weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' })
const month = new Intl.DateTimeFormat(locale, { month: 'short' })
const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })

export function formatCount(count: number): string {
  return integer.format(count)
}

/** `share` from 0 to 1. */
export function formatShare(share: number): string {
  return percentage.format(share)
}

/** A round-trip time or a job's duration: `0.4 ms`, `35 ms`, `2.4 s`, `3 min 5 s`. */
export function formatDuration(durationMs: Milliseconds): string {
  if (durationMs < 10) return `${oneDigit.format(Math.max(0, durationMs))} ms`
  if (durationMs < second) return `${integer.format(durationMs)} ms`
  if (durationMs < minute) return `${oneDigit.format(durationMs / second)} s`
  if (durationMs < hour) return join(durationMs, minute, 'min', second, 's')
  if (durationMs < day) return join(durationMs, hour, 'h', minute, 'min')
  return join(durationMs, day, 'd', hour, 'h')
}

function join(durationMs: number, big: number, bigUnit: string, small: number, smallUnit: string): string {
  const smalls = Math.floor((durationMs % big) / small)
  const bigs = `${integer.format(Math.floor(durationMs / big))} ${bigUnit}`
  return smalls === 0 ? bigs : `${bigs} ${smalls} ${smallUnit}`
}

/** Bytes with a binary unit: `812 B`, `1.4 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const
  let amount = bytes
  let unit = 0
  while (amount >= 1_000 && unit < units.length - 1) {
    amount /= 1_024
    unit++
  }
  return `${amount < 10 && unit > 0 ? oneDigit.format(amount) : integer.format(amount)} ${units[unit]}`
}

export function formatMebibytes(mebibytes: number): string {
  return formatBytes(mebibytes * MiB)
}

/** `420 Wh`, `3.2 kWh`. */
export function formatEnergy(wattHours: number): string {
  return wattHours < 1_000 ? `${oneDigit.format(wattHours)} Wh` : `${oneDigit.format(wattHours / 1_000)} kWh`
}

/** `currency`: a code of ISO 4217, such as GBP. */
export function formatMoney(amount: number, currency: string): string {
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(amount)
}

/** A day of the calendar, such as 2026-06-03, as `3 Jun`. */
export function formatDay(day: string): string {
  return dayAndMonth.format(noon(day))
}

/** `Wed`. */
export function formatWeekday(day: string): string {
  return weekday.format(noon(day))
}

/** `Jun`. */
export function formatMonth(day: string): string {
  return month.format(noon(day))
}

/** Every day has a noon, also where clocks are changed at midnight. */
function noon(day: string): Date {
  return new Date(`${day}T12:00`)
}

/** Time of day, local. */
export function formatClock(at: Milliseconds): string {
  return clock.format(at)
}

export function formatDateTime(at: Milliseconds): string {
  return dateAndClock.format(at)
}

/** `now`, `12 sec ago`, `3 hr ago`. */
export function formatAgo(at: Milliseconds, now: Milliseconds): string {
  const age = Math.max(0, now - at)
  if (age < minute) return relative.format(-Math.floor(age / second), 'second')
  if (age < hour) return relative.format(-Math.floor(age / minute), 'minute')
  if (age < day) return relative.format(-Math.floor(age / hour), 'hour')
  return relative.format(-Math.floor(age / day), 'day')
}

/** Whole seconds left, never below zero. */
export function secondsUntil(at: Milliseconds, now: Milliseconds): number {
  return Math.max(0, Math.ceil((at - now) / second))
}

/** Peers have no names: the end of a peer id is what differs between two of them. */
export function shortPeerId(peerId: string): string {
  return peerId.length <= 8 ? peerId : `…${peerId.slice(-6)}`
}
