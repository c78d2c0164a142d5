import { day, hour, MiB, type Milliseconds, minute, second } from '../../shared/units.ts'
import { speaker, strings } from './index.ts'

/** What shows values in one locale. */
class Formats {
  readonly locale: string
  readonly integer: Intl.NumberFormat
  readonly oneDigit: Intl.NumberFormat
  readonly decimalMark: string | undefined
  readonly percentage: Intl.NumberFormat
  readonly clock: Intl.DateTimeFormat
  readonly time: Intl.DateTimeFormat
  readonly dateAndClock: Intl.DateTimeFormat
  readonly dayAndMonth: Intl.DateTimeFormat
  readonly weekday: Intl.DateTimeFormat
  readonly month: Intl.DateTimeFormat
  readonly relative: Intl.RelativeTimeFormat
  readonly choice: Intl.ListFormat
  readonly list: Intl.ListFormat

  constructor(locale: string) {
    this.locale = locale
    this.integer = new Intl.NumberFormat(locale, { maximumFractionDigits: 0 })
    this.oneDigit = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 })
    this.decimalMark = this.oneDigit.formatToParts(0.5).find(({ type }) => type === 'decimal')?.value
    this.percentage = new Intl.NumberFormat(locale, { style: 'percent', maximumFractionDigits: 0 })
    this.clock = new Intl.DateTimeFormat(locale, {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
      hour12: false,
    })
    this.time = new Intl.DateTimeFormat(locale, { hour: '2-digit', minute: '2-digit', hour12: false })
    this.dateAndClock = new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium', hour12: false })
    this.dayAndMonth = new Intl.DateTimeFormat(locale, { day: 'numeric', month: 'short' })
    this.weekday = new Intl.DateTimeFormat(locale, { weekday: 'short' })
    this.month = new Intl.DateTimeFormat(locale, { month: 'short' })
    this.relative = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' })
    this.choice = new Intl.ListFormat(locale, { type: 'disjunction' })
    this.list = new Intl.ListFormat(locale, { type: 'conjunction' })
  }
}

let formats = new Formats(speaker.locale)

/** Those of the locale in use. */
function shown(): Formats {
  if (formats.locale !== speaker.locale) formats = new Formats(speaker.locale)
  return formats
}

export function formatCount(count: number): string {
  return shown().integer.format(count)
}

/** `2.5`, `1,200`. */
export function formatNumber(value: number): string {
  return new Intl.NumberFormat(speaker.locale, { maximumFractionDigits: 6 }).format(value)
}

/** For a field in which it is changed: no marks between thousands. */
export function formatPlainNumber(value: number): string {
  return new Intl.NumberFormat(speaker.locale, { maximumFractionDigits: 6, useGrouping: false }).format(value)
}

/** With a mark between thousands, by what that is. */
const grouped = {
  ',': /^[+-]?[1-9]\d{0,2}(?:,\d{3})+(?:\.\d*)?$/,
  '.': /^[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?$/,
}

/**
 * A number as people of either decimal mark type it, or with the locale's marks between thousands: `10,000` is ten thousand in
 * English. Undefined where it is none.
 */
export function parseNumber(text: string): number | undefined {
  const typed = text.trim()
  const thousands = shown().decimalMark === ',' ? '.' : ','
  const plain = (grouped[thousands].test(typed) ? typed.replaceAll(thousands, '') : typed).replace(',', '.')
  return /^[+-]?(?:\d+\.?\d*|\.\d+)$/.test(plain) ? Number(plain) : undefined
}

/** `share` from 0 to 1. */
export function formatShare(share: number): string {
  return shown().percentage.format(share)
}

/** A round-trip time or a job's duration: `0.4 ms`, `35 ms`, `2.4 s`, `3 min 5 s`. */
export function formatDuration(durationMs: Milliseconds): string {
  const { unit } = strings
  if (durationMs < 10) return unit.ms({ amount: shown().oneDigit.format(Math.max(0, durationMs)) })
  if (durationMs < second) return unit.ms({ amount: shown().integer.format(durationMs) })
  if (durationMs < minute) return unit.s({ amount: shown().oneDigit.format(durationMs / second) })
  if (durationMs < hour) return join(durationMs, minute, unit.min, second, unit.s)
  if (durationMs < day) return join(durationMs, hour, unit.h, minute, unit.min)
  return join(durationMs, day, unit.d, hour, unit.h)
}

type UnitWord = typeof strings.unit.s

function join(durationMs: number, big: number, bigUnit: UnitWord, small: number, smallUnit: UnitWord): string {
  const whole = (amount: number) => ({ amount: shown().integer.format(Math.floor(amount)) })
  const bigs = bigUnit(whole(durationMs / big))
  return durationMs % big < small ? bigs : `${bigs} ${smallUnit(whole((durationMs % big) / small))}`
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
  return `${amount < 10 && unit > 0 ? shown().oneDigit.format(amount) : shown().integer.format(amount)} ${units[unit]}`
}

export function formatMebibytes(mebibytes: number): string {
  return formatBytes(mebibytes * MiB)
}

/** `Ollama, LM Studio or vLLM`. */
export function formatChoice(names: readonly string[]): string {
  return shown().choice.format(names)
}

/** `processor and memory`. */
export function formatList(names: readonly string[]): string {
  return shown().list.format(names)
}

/** `420 Wh`, `3.2 kWh`. */
export function formatEnergy(wattHours: number): string {
  return wattHours < 1_000
    ? `${shown().oneDigit.format(wattHours)} Wh`
    : `${shown().oneDigit.format(wattHours / 1_000)} kWh`
}

/** `currency`: a code of ISO 4217, such as GBP. */
export function formatMoney(amount: number, currency: string): string {
  return new Intl.NumberFormat(speaker.locale, { style: 'currency', currency }).format(amount)
}

/** A day of the calendar, such as 2026-06-03, as `3 Jun`. */
export function formatDay(day: string): string {
  return shown().dayAndMonth.format(noon(day))
}

/** `Monday` or `Mon`; 0 is Monday. */
export function formatDayName(day: number, weekday: 'long' | 'short'): string {
  // 1 January 2024 was a Monday.
  return new Intl.DateTimeFormat(speaker.locale, { weekday }).format(new Date(2024, 0, day + 1, 12))
}

/** A full hour of a day, as `07:00`; 24 is the end of the day. */
export function formatHour(hour: number): string {
  return `${String(hour).padStart(2, '0')}:00`
}

/** `Wed`. */
export function formatWeekday(day: string): string {
  return shown().weekday.format(noon(day))
}

/** `Jun`. */
export function formatMonth(day: string): string {
  return shown().month.format(noon(day))
}

/** Every day has a noon, also where clocks are changed at midnight. */
function noon(day: string): Date {
  return new Date(`${day}T12:00`)
}

/** Time of day, local. */
export function formatClock(at: Milliseconds): string {
  return shown().clock.format(at)
}

/** Time of day without seconds. */
export function formatTime(at: Milliseconds): string {
  return shown().time.format(at)
}

export function formatDateTime(at: Milliseconds): string {
  return shown().dateAndClock.format(at)
}

/** `now`, `12 sec ago`, `3 hr ago`. */
export function formatAgo(at: Milliseconds, now: Milliseconds): string {
  const age = Math.max(0, now - at)
  if (age < minute) return shown().relative.format(-Math.floor(age / second), 'second')
  if (age < hour) return shown().relative.format(-Math.floor(age / minute), 'minute')
  if (age < day) return shown().relative.format(-Math.floor(age / hour), 'hour')
  return shown().relative.format(-Math.floor(age / day), 'day')
}

/** Whole seconds left, never below zero. */
export function secondsUntil(at: Milliseconds, now: Milliseconds): number {
  return Math.max(0, Math.ceil((at - now) / second))
}

/** Peers have no names: the end of a peer id is what differs between two of them. */
export function shortPeerId(peerId: string): string {
  return peerId.length <= 8 ? peerId : `…${peerId.slice(-6)}`
}
